//! The store with a piece that installs nothing but counts how often it was asked to.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::setup::piece::Place;

struct Fake {
    pin: &'static str,
    built: AtomicUsize,
    fails: bool,
}

impl Fake {
    fn boxed(pin: &'static str, fails: bool) -> Box<dyn Piece> {
        Box::new(Self {
            pin,
            built: AtomicUsize::new(0),
            fails,
        })
    }
}

impl Piece for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn pins(&self) -> Vec<String> {
        vec![self.pin.into()]
    }

    fn size_mib(&self) -> u64 {
        1
    }

    fn build(&self, folder: &Path, _step: &Step) -> Result<()> {
        let nth = self.built.fetch_add(1, Ordering::Relaxed) + 1;
        fs::write(folder.join("product"), nth.to_string())?;
        if self.fails { bail!("half-way") } else { Ok(()) }
    }

    fn works(&self, folder: &Path) -> bool {
        folder.join("product").is_file()
    }

    fn places(&self, folder: &Path) -> Result<Vec<Place>> {
        Ok(vec![Place::Programs(folder.to_owned())])
    }
}

struct Scene {
    store: Store,
    _folder: tempfile::TempDir,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    Scene {
        store: Store::at(folder.path().join("setup")).unwrap(),
        _folder: folder,
    }
}

impl Scene {
    /// How many times the piece had been built when its folder was made; none if it is not there.
    fn product(&self, piece: &dyn Piece) -> Option<String> {
        fs::read_to_string(self.store.folder(piece).join("product")).ok()
    }

    fn partials(&self) -> usize {
        let entries = self
            .store
            .root
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        entries
            .filter(|name| name.to_string_lossy().starts_with(PARTIAL))
            .count()
    }
}

#[test]
fn a_piece_is_built_once() {
    let scene = scene();
    let pieces = [Fake::boxed("1.0", false)];
    scene.store.complete(&pieces).unwrap();
    scene.store.complete(&pieces).unwrap();
    assert_eq!(scene.product(pieces[0].as_ref()).as_deref(), Some("1"));
}

#[test]
fn other_pins_are_another_folder() {
    let scene = scene();
    let (old, new) = ([Fake::boxed("1.0", false)], [Fake::boxed("1.1", false)]);
    scene.store.complete(&old).unwrap();
    scene.store.complete(&new).unwrap();
    assert_ne!(scene.store.folder(old[0].as_ref()), scene.store.folder(new[0].as_ref()));
    assert!(scene.store.is_complete(old[0].as_ref()) && scene.store.is_complete(new[0].as_ref()));
}

#[test]
fn a_piece_without_its_stamp_or_its_product_is_built_again() {
    let scene = scene();
    let pieces = [Fake::boxed("1.0", false)];
    let folder = scene.store.folder(pieces[0].as_ref());
    for (nth, lost) in ["product", STAMP].into_iter().enumerate() {
        scene.store.complete(&pieces).unwrap();
        fs::remove_file(folder.join(lost)).unwrap();
        scene.store.complete(&pieces).unwrap();
        assert_eq!(
            scene.product(pieces[0].as_ref()),
            Some((nth + 2).to_string()),
            "after the loss of {lost}"
        );
    }
}

#[test]
fn a_failure_leaves_nothing_and_is_told_with_the_pieces_name() {
    let scene = scene();
    let pieces = [Fake::boxed("1.0", true)];
    let error = scene.store.complete(&pieces).unwrap_err().to_string();
    assert!(error.contains("fake: half-way"), "{error}");
    assert_eq!(scene.product(pieces[0].as_ref()), None);
    assert_eq!(scene.partials(), 0);
}

#[test]
fn what_an_interrupted_run_left_is_swept_and_not_taken_for_complete() {
    let scene = scene();
    let left = scene.store.root.join(format!("{PARTIAL}1-fake-000000000000"));
    fs::create_dir(&left).unwrap();
    fs::write(left.join("product"), "half").unwrap();
    let pieces = [Fake::boxed("1.0", false)];
    assert!(!scene.store.is_complete(pieces[0].as_ref()));
    scene.store.complete(&pieces).unwrap();
    assert_eq!(scene.partials(), 0);
}

#[test]
fn two_runs_at_once_build_once() {
    let scene = scene();
    let pieces = [Fake::boxed("1.0", false)];
    thread::scope(|scope| {
        let runs = [
            scope.spawn(|| scene.store.complete(&pieces)),
            scope.spawn(|| scene.store.complete(&pieces)),
        ];
        for run in runs {
            run.join().unwrap().unwrap();
        }
    });
    assert_eq!(scene.product(pieces[0].as_ref()).as_deref(), Some("1"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let error = Store::at(file.join("setup")).err().unwrap().to_string();
    assert!(
        error.contains("a-file/setup") && error.contains("MATRIMONY_SETUP_DIR"),
        "{error}"
    );
}

#[test]
fn the_place_is_the_named_one_else_the_users_cache() {
    let with = |set: &'static [(&str, &str)]| {
        root(move |name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        })
    };
    assert_eq!(
        with(&[("MATRIMONY_SETUP_DIR", "/a"), ("HOME", "/h")]).unwrap(),
        Path::new("/a")
    );
    assert_eq!(
        with(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]).unwrap(),
        Path::new("/c/matrimony/setup")
    );
    assert_eq!(
        with(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")]).unwrap(),
        Path::new("/h/.cache/matrimony/setup")
    );
    assert!(with(&[]).unwrap_err().to_string().contains("HOME is not set"));
}
