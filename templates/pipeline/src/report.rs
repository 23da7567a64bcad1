//! The service `report`: a page that a person can open.

use std::io::{BufRead, BufReader, Write};

use slingshot::prelude::*;

/// Returns nothing: a request ends here.
#[microservice(name = "report", reads("in"), writes("out"))]
fn report(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(), AnyError> {
    let rows = BufReader::new(read_file("in", request)?)
        .lines()
        .map(|line| Ok(row(&line?)))
        .collect::<Result<String, AnyError>>()?;
    write!(
        write_file("out", request)?,
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>File {request}</title>\n\
         <h1>Words of file {request}</h1>\n<table>\n{rows}</table>\n"
    )?;
    Ok(())
}

/// `3\tword` as a row of a table. Words are letters and digits, so that nothing has to be escaped.
fn row(line: &str) -> String {
    let (times, word) = line.split_once('\t').unwrap_or(("", line));
    format!("<tr><td>{word}<td>{times}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_row() {
        assert_eq!(row("3\tword"), "<tr><td>word<td>3\n");
    }
}
