//! Evidence as a folder, or as a tar file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::ToolError;
use crate::journal::Files;

/// Whether a path names a tar file.
fn is_tar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tar")
}

fn failed(path: &Path, source: io::Error) -> ToolError {
    ToolError::Output {
        path: path.display().to_string(),
        source,
    }
}

/// Writes files into a folder, or into a tar file where the name ends in `.tar`. Neither may exist yet.
pub(super) fn write_files(files: &Files, output: &Path) -> Result<(), ToolError> {
    if is_tar(output) {
        return tar(files, output).map_err(|source| failed(output, source));
    }
    fs::create_dir(output).map_err(|source| failed(output, source))?;
    for (name, bytes) in files {
        let path = output.join(name);
        let folder = path.parent().unwrap_or(output);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes));
        written.map_err(|source| failed(&path, source))?;
    }
    Ok(())
}

fn tar(files: &Files, output: &Path) -> io::Result<()> {
    let mut tar = tar::Builder::new(File::create_new(output)?);
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // The same evidence gives the same file.
        header.set_mtime(0);
        header.set_cksum();
        tar.append_data(&mut header, name, bytes.as_slice())?;
    }
    tar.into_inner()?.sync_all()
}

/// The files of a folder or of a tar file.
pub(super) fn read_files(path: &Path) -> Result<Files, ToolError> {
    let read = if path.is_dir() {
        let mut files = Files::new();
        folder(path, "", &mut files).map(|()| files)
    } else {
        untar(path)
    };
    read.map_err(|source| ToolError::Nothing(format!("{} cannot be read: {source}", path.display())))
}

fn folder(path: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            folder(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn untar(path: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for entry in tar::Archive::new(File::open(path)?).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let mut bytes = vec![];
        entry.read_to_end(&mut bytes)?;
        files.insert(name, bytes);
    }
    Ok(files)
}
