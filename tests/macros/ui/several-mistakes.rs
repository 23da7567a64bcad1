use slingshot_microservice::prelude::*;

#[microservice(name = "db", replica = 4, timeout = "soon", retry(max = 0, initial = 1))]
async fn process<T>(_request: i64, _connection: &mut PgConnection) -> u64 {
    0
}

fn main() {}
