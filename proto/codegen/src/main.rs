//! Writes `proto/gen` from the protos, without a protoc; its test proves that what is committed is
//! fresh.
//!
//! A package of its own, so that stale bindings cannot keep it from compiling. It knows nothing of
//! what the messages mean.

use std::path::{Path, PathBuf};

const PROTOS: &[&str] = &[
    "outboard/common/v1/common.proto",
    "outboard/common/v1/operations.proto",
    "outboard/common/v1/settings.proto",
    "outboard/common/v1/files.proto",
    "outboard/common/v1/ui.proto",
    "outboard/plugin/v1/plugin.proto",
    "outboard/plugin/v1/community.proto",
    "outboard/plugin/v1/usage.proto",
    "outboard/plugin/v1/settings.proto",
    "outboard/plugin/v1/files.proto",
    "outboard/app/v1/files.proto",
    "outboard/plugin/v1/ui.proto",
    "outboard/app/v1/app.proto",
    "outboard/app/v1/settings.proto",
    "outboard/app/v1/ui.proto",
    "outboard/admin/v1/admin.proto",
    "outboard/admin/v1/statistics.proto",
    "outboard/admin/v1/alerts.proto",
    "outboard/admin/v1/settings.proto",
    "outboard/admin/v1/permissions.proto",
    "outboard/admin/v1/privacy.proto",
];

/// Payloads that are kept behind a pointer.
const LARGE: &[&str] = &[
    ".outboard.common.v1.HookPayload.of.before_post",
    ".outboard.common.v1.HookPayload.of.before_edit",
    ".outboard.common.v1.HookPayload.of.before_delete",
    ".outboard.common.v1.HookPayload.of.before_render",
    ".outboard.common.v1.HookPayload.of.before_reaction",
    ".outboard.common.v1.HookPayload.of.before_upload",
    ".outboard.common.v1.HookPayload.of.before_join",
    ".outboard.common.v1.HookPayload.of.before_login",
    ".outboard.common.v1.HookPayload.of.before_create",
    ".outboard.common.v1.Event.of.message",
    ".outboard.plugin.v1.Call.of.command",
    ".outboard.plugin.v1.Call.of.ui",
    ".outboard.plugin.v1.Call.of.http",
    ".outboard.plugin.v1.Call.of.plugin",
    ".outboard.plugin.v1.Call.of.autocomplete",
    ".outboard.plugin.v1.RunCommand.target_message",
    ".outboard.app.v1.RunCommand.target_message",
    ".outboard.app.v1.DaemonFrame.kind.request",
    ".outboard.app.v1.Request.of.decided",
    ".outboard.app.v1.Answer.result.message",
    ".outboard.app.v1.Answer.result.user",
    ".outboard.app.v1.Answer.result.channel",
    ".outboard.app.v1.Answer.result.file",
    ".outboard.plugin.v1.StreamPiece.kind.begin",
    ".outboard.common.v1.InteractionReply.modal",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    generate(&protos(), &protos().join("gen"))
}

/// The folder of the outboard-proto package.
fn protos() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes the bindings and the descriptors of the protos below `root` into `out`.
fn generate(root: &Path, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = protox::Compiler::new([root])?
        .include_source_info(true)
        .open_files(PROTOS)?
        .file_descriptor_set();
    // Reflection serves the descriptors; comments would only make them large.
    let mut bare = descriptors.clone();
    for file in &mut bare.file {
        file.source_code_info = None;
    }
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&bare))?;
    let mut prost = tonic_prost_build::Config::new();
    prost.bytes(["."]).btree_map(["."]);
    // The largest payload would set the size of every frame, and each is handed on many times.
    for large in LARGE {
        prost.boxed(large);
    }
    tonic_prost_build::configure()
        .out_dir(out)
        .build_transport(false)
        .compile_fds_with_config(descriptors, prost)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn committed_bindings_are_what_the_protos_generate() {
        let fresh = tempfile::tempdir().unwrap();
        generate(&protos(), fresh.path()).unwrap();
        let same = files(fresh.path()) == files(&protos().join("gen"));
        assert!(same, "proto/gen is stale: run `cargo run -p outboard-codegen`");
    }
}
