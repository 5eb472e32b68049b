//! Files of cells, for people and their programs (RFC 4180, UTF-8): no cell is computed.

/// What a cell may not begin with: a spreadsheet would compute it. The apostrophe is there so
/// that what is written can be read back.
const FORMULAS: [char; 12] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What is written before a cell so that nobody computes it.
pub(crate) fn guard(cell: &str) -> &'static str {
    if cell.starts_with(FORMULAS) { "'" } else { "" }
}

/// One record.
pub(crate) fn record<'a>(cells: impl IntoIterator<Item = &'a str>, text: &mut String) {
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        let guard = guard(cell);
        if cell.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(guard);
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(guard);
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    fn record(cells: &[&str]) -> String {
        let mut text = String::new();
        super::record(cells.iter().copied(), &mut text);
        text
    }

    #[test]
    fn no_cell_is_taken_for_a_formula() {
        for sign in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'x", "＝1"] {
            assert_eq!(record(&[sign, "x"]), format!("'{sign},x\r\n"));
        }
        assert_eq!(record(&["=\"a\",b"]), "\"'=\"\"a\"\",b\"\r\n");
        assert_eq!(record(&["a\nb", "", "é"]), "\"a\nb\",,é\r\n");
    }
}
