//! The matrix in every form, and the callers of a model.

use super::{matrix, who_can};
use crate::render;
use crate::testing::{AT, POLICY, World};

#[test]
fn a_matrix_for_terminals_says_equal_environments_once() {
    let world = World::clean(POLICY);
    insta::assert_snapshot!(render::matrix::table(&matrix(&world.tables(), AT), 80));
}

#[test]
fn a_narrow_terminal_gets_blocks() {
    let world = World::clean(POLICY);
    let text = render::matrix::table(&matrix(&world.tables(), AT), 34);
    assert!(text.lines().filter(|line| !line.starts_with("gateway")).all(|line| line.chars().count() <= 34), "{text}");
    assert_eq!(text.matches("payments ").count(), 4, "{text}");
}

#[test]
fn a_matrix_for_spreadsheets_documents_and_browsers() {
    let world = World::clean(POLICY);
    let matrix = matrix(&world.tables(), AT);
    insta::assert_snapshot!("csv", render::matrix::csv(&matrix).replace('\r', ""));
    insta::assert_snapshot!("markdown", render::matrix::markdown(&matrix));
    let html = render::matrix::html(&matrix);
    assert!(html.contains("<td class=\"allow\">payments-standard</td>"), "{html}");
    assert!(html.contains("<th scope=\"row\">corp:ada@uni.example</th>"), "{html}");
    assert!(html.ends_with("</html>"), "{html}");
}

#[test]
fn hostile_names_stay_text() {
    let world = World::clean(POLICY);
    let mut matrix = matrix(&world.tables(), AT);
    matrix.tables[0].rows[0].name = "=1+<b>|`\"".to_owned();
    matrix.tables[0].rows[0].cells = vec![maas_schemas::answers::MatrixCell {
        model: "large".to_owned(),
        reason: "allow".to_owned(),
        subscription: "a".to_owned(),
    }];
    assert!(render::matrix::csv(&matrix).contains("\"'=1+<b>|`\"\"\""));
    assert!(render::matrix::html(&matrix).contains("=1+&lt;b&gt;|`&quot;"));
    assert!(render::matrix::markdown(&matrix).contains("| `=1+<b>\\| \"` |"));
}

#[test]
fn who_can_says_how_and_how_much() {
    let world = World::clean(POLICY);
    let answer = who_can(&world.tables(), &world.sources, "Large-70B", AT).unwrap();
    insta::assert_snapshot!(render::who_can::text(&answer, 80));
}

#[test]
fn who_can_says_who_nearly_may() {
    let world = World::clean(POLICY);
    let answer = who_can(&world.tables(), &world.sources, "small", AT).unwrap();
    insta::assert_snapshot!(render::who_can::text(&answer, 80));
}

#[test]
fn an_unknown_model_has_a_similar_name() {
    let world = World::clean(POLICY);
    let error = who_can(&world.tables(), &world.sources, "smal", AT).unwrap_err();
    assert_eq!(error.to_string(), "no model or alias has the name `smal`; a similar one exists: `small`");
}
