//! The definitions in `crds/` are what the types say. `UPDATE=1 cargo test` rewrites them.

use std::path::Path;

use team_operator::api;

#[test]
fn the_definitions_in_crds_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    for crd in api::all_crds() {
        let path = folder.join(api::crd_file_name(&crd));
        std::fs::write(&path, serde_saphyr::to_string(&crd).unwrap()).unwrap();
    }
}
