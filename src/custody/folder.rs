//! The folder of an object store on a local disk: permissions, durable removal and drafts, which `object_store` does not handle.
//!
//! ```text
//! <two hex digits>/<64 hex>          an object, mode 0600; its subfolder 0700
//! <two hex digits>/<64 hex>#<n>      a draft: an object that is being written, or that an interrupted write has left
//! ```
//!
//! `object_store` writes a draft, fsyncs it, renames it and fsyncs its folder. It creates folders and files that other users may
//! read, does not fsync after a removal, and does not list drafts. All functions block.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::custody::object::{ObjectId, subfolder_name};

/// An existing folder.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Creates the folder durably, accessible to its owner only, unless it exists.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        for created in missing {
            let above = created.parent().filter(|above| !above.as_os_str().is_empty());
            File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(Self(fs::canonicalize(path)?))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Creates the subfolder of `object` durably, accessible to the owner only.
    pub(super) fn make_subfolder(&self, object: &ObjectId) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(self.subfolder(object.subfolder())) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            // Also if it existed: a concurrent creator may not have fsynced it yet.
            _ => File::open(&self.0)?.sync_all(),
        }
    }

    /// Restricts `object` to its owner. Until then the mode of its subfolder protects it.
    pub(super) fn restrict(&self, object: &ObjectId) -> io::Result<()> {
        fs::set_permissions(self.subfolder(object.subfolder()).join(object.to_string()), Permissions::from_mode(0o600))
    }

    /// Makes a removal durable.
    pub(super) fn sync(&self, object: &ObjectId) -> io::Result<()> {
        match File::open(self.subfolder(object.subfolder())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            folder => folder?.sync_all(),
        }
    }

    /// Removes `object` and its drafts durably, as far as they exist.
    pub(super) fn erase(&self, object: &ObjectId) -> io::Result<()> {
        for (path, owner) in self.files(object.subfolder())? {
            if owner == *object {
                fs::remove_file(path)?;
            }
        }
        self.sync(object)
    }

    /// The objects with a file in a subfolder, including drafts.
    pub(super) fn in_subfolder(&self, number: u8) -> io::Result<Vec<ObjectId>> {
        let mut objects: Vec<_> = self.files(number)?.into_iter().map(|(_, owner)| owner).collect();
        objects.sort_unstable();
        objects.dedup();
        Ok(objects)
    }

    fn subfolder(&self, number: u8) -> PathBuf {
        self.0.join(subfolder_name(number))
    }

    /// The files in a subfolder whose names have the form of this module, each with its object.
    fn files(&self, number: u8) -> io::Result<Vec<(PathBuf, ObjectId)>> {
        let entries = match fs::read_dir(self.subfolder(number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let object = entry.file_name().to_str().and_then(object_of).filter(|object| object.subfolder() == number);
            files.extend(object.map(|object| (entry.path(), object)));
        }
        Ok(files)
    }
}

/// The object of a file, if it is an object or a draft of one.
fn object_of(name: &str) -> Option<ObjectId> {
    match name.split_once('#') {
        None => ObjectId::parse(name),
        Some((object, draft)) if !draft.is_empty() && draft.bytes().all(|b| b.is_ascii_digit()) => {
            ObjectId::parse(object)
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_store_are_recognized() {
        let id = ObjectId::from_bytes([7; 32]);
        assert_eq!(object_of(&id.to_string()), Some(id));
        assert_eq!(object_of(&format!("{id}#12")), Some(id));
        for other in ["README.md", "", "#1", &format!("{id}#"), &format!("{id}#1~"), &format!("{id}.bak")] {
            assert_eq!(object_of(other), None, "{other}");
        }
    }

    #[test]
    fn erasing_takes_the_object_and_its_drafts_and_nothing_else() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::create(&scratch.path().join("a/b")).unwrap();
        let (id, mut other) = (ObjectId::from_bytes([7; 32]), [7; 32]);
        other[31] = 8;
        folder.make_subfolder(&id).unwrap();
        let subfolder = folder.path().join("07");
        for name in [id.to_string(), format!("{id}#1"), ObjectId::from_bytes(other).to_string(), "notes".to_owned()] {
            fs::write(subfolder.join(name), b"x").unwrap();
        }
        // A file in the wrong subfolder is not the object's.
        fs::write(subfolder.join(ObjectId::from_bytes([9; 32]).to_string()), b"x").unwrap();
        assert_eq!(folder.in_subfolder(7).unwrap(), [id, ObjectId::from_bytes(other)]);
        folder.erase(&id).unwrap();
        assert_eq!(folder.in_subfolder(7).unwrap(), [ObjectId::from_bytes(other)]);
        assert_eq!(fs::read_dir(&subfolder).unwrap().count(), 3);
        folder.erase(&ObjectId::from_bytes([8; 32])).unwrap();
    }
}
