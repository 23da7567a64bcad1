//! A statement in the runtime's own words.

use diesel::{
    QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::Text,
};

/// Where a statement takes a parameter. No SQL holds this character, quoted names included.
pub(super) const PARAMETER: char = '\0';

/// A statement whose parameters, and the one column of whose rows, are texts.
///
/// Unlike `diesel::sql_query`, it is prepared once a connection: diesel knows it again by its words. Unlike a
/// table of diesel's, it takes the table's name at run time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'a> {
    pub(super) sql: &'a str,
    pub(super) parameters: &'a [&'a str],
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parameters = self.parameters.iter();
        for (index, piece) in self.sql.split(PARAMETER).enumerate() {
            if index > 0 {
                let parameter = parameters.next().expect("a value for each parameter");
                out.push_bind_param::<Text, str>(parameter)?;
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Text;
}

impl<C> RunQueryDsl<C> for Statement<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bound_in_their_order() {
        let statement = Statement {
            sql: "SELECT \0 || \0",
            parameters: &["a", "b"],
        };
        assert_eq!(
            diesel::debug_query(&statement).to_string(),
            r#"SELECT $1 || $2 -- binds: ["a", "b"]"#
        );
    }
}
