//! The table of `deduplicate`: who makes it, who may not, and what leaves it.

use crate::{
    brokers::Target,
    clone::repository,
    stage::{Postgres, Stage},
};

/// What is shipped for those who run migrations themselves.
const MIGRATION: &str =
    include_str!("../../../slingshot-runtime/migrations/2026-11-22-000000_slingshot_inbox/up.sql");

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_make_one_table() {
    let target = Target::embedded().await;
    for service in ["counting", "counting-async"] {
        let postgres = Postgres::fresh(&format!("table_{service}"));
        let mut stage = Stage::new(&target, "table", service, &postgres).await;
        for _ in 0..4 {
            stage.spawn();
        }
        stage.all_consume().await;
        postgres
            .becomes("SELECT count(*) FROM slingshot_inbox", 0)
            .await;
        stage.finish().await;
    }
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_make_the_table_is_told_what_to_do() {
    let target = Target::embedded().await;
    let owner = Postgres::fresh("limited");
    owner.run("DROP ROLE IF EXISTS limited; CREATE ROLE limited LOGIN");
    let limited = Postgres {
        username: "limited".to_owned(),
        ..owner.clone()
    };
    let mut stage = Stage::new(&target, "limited", "counting", &limited).await;
    stage.spawn();
    assert_eq!(stage.ended(0).await, Some(2));
    let told = stage.log(0).replace("\\n", "\n").replace("\\\"", "\"");
    assert!(told.contains(MIGRATION.trim()), "{told}");
    assert!(
        told.contains("up.sql of the crate slingshot-runtime"),
        "{told}"
    );

    owner.run(MIGRATION);
    stage.spawn();
    assert_eq!(stage.ended(1).await, Some(2));
    let grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON public.slingshot_inbox TO limited;";
    assert!(stage.log(1).contains(grant), "{}", stage.log(1));

    owner.run(grant);
    stage.spawn();
    stage.says(2, "\"consuming\"").await;
    stage.send(1, Some("m-1")).await;
    stage.send(1, Some("m-1")).await;
    assert_eq!(stage.take("even", 2).await.len(), 2);
    assert_eq!(owner.effects(), 1);
    stage.finish().await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_too_old_are_pruned() {
    let target = Target::embedded().await;
    for service in ["counting", "counting-async"] {
        let postgres = Postgres::fresh(&format!("pruned_{service}"));
        postgres.run(MIGRATION);
        for (service, age, rows) in [(service, 8, 2_500), (service, 6, 10), ("other", 8, 5)] {
            postgres.run(&format!(
                "INSERT INTO slingshot_inbox (service, message_id, processed_at) SELECT '{service}', \
                 '{age}-' || number, now() - interval '{age} days' FROM generate_series(1, {rows}) AS number"
            ));
        }
        let mut stage = Stage::start(&target, "pruned", service, &postgres).await;
        let rows = "SELECT count(*) FROM slingshot_inbox";
        postgres.becomes(rows, 15).await;
        let own = format!("{rows} WHERE service = '{service}'");
        assert_eq!(postgres.number(&own), 10);
        stage.finish().await;
    }
    target.stop().await;
}

#[test]
fn the_guide_shows_the_schema_that_is_shipped() {
    let guide = std::fs::read_to_string(repository().join("docs/guide/database.md")).unwrap();
    let (_, block) = guide.split_once("```sql\n").unwrap();
    let (shown, _) = block.split_once("```").unwrap();
    let shipped: Vec<_> = MIGRATION
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    assert_eq!(shown.trim(), shipped.join("\n"));
}

#[test]
fn the_guide_names_the_versions_that_the_runtime_is_built_with() {
    let guide = std::fs::read_to_string(repository().join("docs/guide/database.md")).unwrap();
    let (_, block) = guide.split_once("```toml\n").unwrap();
    let (shown, _) = block.split_once("```").unwrap();
    let workspace = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    for line in shown.lines().filter(|line| line.starts_with("diesel")) {
        let (name, version) = line
            .split_once(", default-features")
            .unwrap()
            .0
            .split_once(" = ")
            .unwrap();
        assert!(
            workspace.contains(&format!("\n{name} = {version},")),
            "{line}"
        );
    }
}
