//! Lists of codes as CSV, as laboratories and pharmacies export them.

use crate::chart::survey::Survey;

/// The element under which the codes of a list are counted.
const ELEMENT: &str = "CSV";

/// Counts the codes of a list whose first line names its columns: `code`, and perhaps `system` and
/// `display`; separated by comma, semicolon or tabulator.
///
/// # Errors
///
/// No column of codes, a row without a code, a quote that is not closed, or no system at all.
pub fn read(text: &str, system: Option<&str>, survey: &mut Survey<'_>) -> Result<(), String> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let separator = [';', '\t']
        .into_iter()
        .find(|separator| first.contains(*separator))
        .unwrap_or(',');
    let mut rows = records(text, separator)?.into_iter();
    let header = rows.next().unwrap_or_default();
    let column = |name: &str| {
        header
            .iter()
            .position(|title| title.trim().eq_ignore_ascii_case(name))
    };
    let code_at = column("code").ok_or("not JSON, and no list of codes: no column \"code\"")?;
    let system_at = column("system");
    if system_at.is_none() && system.is_none() {
        return Err("no column \"system\": name the system with --system".to_owned());
    }
    let display_at = column("display");
    for (number, row) in rows.enumerate() {
        let cell = |at: Option<usize>| {
            at.and_then(|at| row.get(at))
                .map(|cell| cell.trim())
                .filter(|cell| !cell.is_empty())
        };
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let code = cell(Some(code_at)).ok_or_else(|| format!("row {}: no code", number + 2))?;
        let system = cell(system_at).or(system);
        survey.add_code(ELEMENT, system, code, cell(display_at));
    }
    Ok(())
}

/// The rows of a CSV text (RFC 4180).
fn records(text: &str, separator: char) -> Result<Vec<Vec<String>>, String> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            letter if letter == separator && !quoted => row.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    Ok(rows)
}
