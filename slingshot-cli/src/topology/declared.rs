//! What declares a system: where it is, and what it says.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_topology::{
    Diagnostic, SavedAnswer, SourceFile, System, read_answers, read_json, read_toml,
};

use super::places::{Projects, projects_below, saved_answers};
use crate::{
    Context,
    exit::{Exit, Failure},
    project::{Project, SYSTEM_FILE, shown},
    sources,
};

/// The text that declares a system, and where its code is.
#[derive(Debug)]
pub(crate) struct Declared {
    text: Text,
    /// Where its code is.
    pub(super) sources: PathBuf,
}

#[derive(Debug)]
enum Text {
    /// What came in on stdin.
    Stdin(Arc<SourceFile>),
    /// A `slingshot.toml`, or a sys-map.
    File(Arc<SourceFile>),
    /// A sys-map, with a file for each of its answers.
    Answers(Vec<SavedAnswer>),
}

impl Declared {
    /// A project's `slingshot.toml`.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn of_project(project: &Project, base: &Path) -> Result<Self, Failure> {
        Self::file(&project.system_file(), project.directory.clone(), base)
    }

    /// A project's `slingshot.toml`, or the one system that a path of the command line names.
    ///
    /// # Errors
    ///
    /// If there is none, if there are several, or if it cannot be read.
    pub(super) fn at(context: &Context, path: Option<&Path>) -> Result<Self, Failure> {
        let paths: Vec<_> = path.into_iter().map(Path::to_owned).collect();
        let mut all = Self::all(context, &paths, None)?;
        match (all.pop(), all.is_empty()) {
            (Some(declared), true) => Ok(declared),
            (last, _) => {
                let names: Vec<_> = all.iter().chain(&last).map(Self::path).collect();
                Err(Failure::usage("there are several systems here")
                    .help(format!("name one of them: {}", names.join(", "))))
            }
        }
    }

    /// The project's `slingshot.toml`, or every system that the paths of the command line name. A directory
    /// without a `slingshot.toml` stands for all the projects below it. `stdin_name` is what to call the text
    /// on stdin.
    ///
    /// # Errors
    ///
    /// If one of the paths names no system, or cannot be read.
    pub(super) fn all(
        context: &Context,
        paths: &[PathBuf],
        stdin_name: Option<&str>,
    ) -> Result<Vec<Self>, Failure> {
        let here = &context.environment.current_directory;
        if stdin_name.is_some() && !paths.iter().any(|path| path == Path::new("-")) {
            return Err(
                Failure::usage("--stdin-filename names what is read from stdin")
                    .help("give - as the path, for stdin"),
            );
        }
        if !paths.is_empty() {
            let mut all = Vec::new();
            for path in paths {
                all.extend(Self::named(context, path, stdin_name)?);
            }
            return Ok(all);
        }
        match Project::find(context) {
            Ok(project) => Ok(vec![Self::of_project(&project, here)?]),
            Err(failure) if context.project.is_some() => Err(failure),
            Err(failure) => {
                let projects = projects(context, here)?;
                if projects.is_empty() {
                    return Err(failure.ending_with(Exit::NoInput));
                }
                Self::of_projects(projects, here)
            }
        }
    }

    fn named(
        context: &Context,
        path: &Path,
        stdin_name: Option<&str>,
    ) -> Result<Vec<Self>, Failure> {
        let here = &context.environment.current_directory;
        let code_of_map = || {
            let project = context.project.as_ref();
            project.map_or_else(|| here.clone(), |directory| here.join(directory))
        };
        if path == Path::new("-") {
            let file = stdin(stdin_name.unwrap_or("stdin"))?;
            return Ok(vec![Self {
                text: Text::Stdin(file),
                sources: code_of_map(),
            }]);
        }
        let path = here.join(path);
        let nothing = |what: &str| {
            let message = format!("{} {what}", shown(&path, here));
            Failure::new(Exit::NoInput, message)
        };
        if !path.exists() {
            return Err(nothing("does not exist"));
        }
        if !path.is_dir() {
            let sources = match path.file_name() {
                Some(name) if name == SYSTEM_FILE => path.parent().unwrap_or(here).to_owned(),
                _ => code_of_map(),
            };
            return Ok(vec![Self::file(&path, sources, here)?]);
        }
        if path.join(SYSTEM_FILE).is_file() {
            return Self::of_projects(vec![path], here);
        }
        let projects = projects(context, &path)?;
        if !projects.is_empty() {
            return Self::of_projects(projects, here);
        }
        let answers = saved_answers(&path, here)?;
        if answers.is_empty() {
            let help = format!(
                "name a project, a directory with projects below it, or one of answers that \
                `{}` saved",
                context.command(&["topology", "fetch"])
            );
            let what = format!("holds no {SYSTEM_FILE}, and no answers of a sys-map");
            return Err(nothing(&what).help(help));
        }
        Ok(vec![Self {
            text: Text::Answers(answers),
            sources: code_of_map(),
        }])
    }

    fn of_projects(directories: Vec<PathBuf>, base: &Path) -> Result<Vec<Self>, Failure> {
        let directories = directories.into_iter();
        directories
            .map(|directory| Self::file(&directory.join(SYSTEM_FILE), directory, base))
            .collect()
    }

    fn file(path: &Path, sources: PathBuf, base: &Path) -> Result<Self, Failure> {
        Ok(Self {
            text: Text::File(read(path, base)?),
            sources,
        })
    }

    /// Where it is, as it is printed.
    pub(super) fn path(&self) -> &str {
        match &self.text {
            Text::Stdin(file) | Text::File(file) => &file.path,
            Text::Answers(answers) => {
                // A bucket's answer lies one directory further down.
                let of_a_service = answers.iter().find(|answer| answer.key.is_none());
                let path = of_a_service.map_or("", |answer| &*answer.file.path);
                path.rsplit_once('/')
                    .map_or(".", |(directory, _)| directory)
            }
        }
    }

    /// The files that it was read from.
    pub(super) fn files(&self) -> Vec<&str> {
        match &self.text {
            Text::Stdin(_) => Vec::new(),
            Text::File(file) => vec![&file.path],
            Text::Answers(answers) => {
                let files = answers.iter().map(|answer| &*answer.file.path);
                files.collect()
            }
        }
    }

    /// A text that somebody has read already, and where its code is.
    pub(crate) fn of_text(file: Arc<SourceFile>, sources: Option<PathBuf>) -> Self {
        Self {
            text: Text::File(file),
            sources: sources.unwrap_or_default(),
        }
    }

    /// A text that lies nowhere on this machine's disk, without code.
    pub(super) fn of_file(file: Arc<SourceFile>) -> Self {
        Self::of_text(file, None)
    }

    /// The answers of a sys-map that lie nowhere on this machine's disk, without code.
    pub(super) fn of_answers(answers: Vec<SavedAnswer>) -> Self {
        Self {
            text: Text::Answers(answers),
            sources: PathBuf::new(),
        }
    }

    /// The directory that it is in, or that a map's code is in.
    pub(super) fn directory(&self, base: &Path) -> PathBuf {
        match &self.text {
            Text::Stdin(_) => self.sources.clone(),
            Text::File(file) => base.join(&file.path).parent().unwrap_or(base).to_owned(),
            Text::Answers(_) => base.join(self.path()),
        }
    }

    /// Whether it came in on stdin.
    pub(super) fn is_stdin(&self) -> bool {
        matches!(self.text, Text::Stdin(_))
    }

    /// Its text, if it is of one file.
    pub(super) fn source(&self) -> Option<&Arc<SourceFile>> {
        match &self.text {
            Text::Stdin(file) | Text::File(file) => Some(file),
            Text::Answers(_) => None,
        }
    }

    /// Whether it is a `slingshot.toml`, and no sys-map.
    pub(super) fn is_toml(&self) -> bool {
        match &self.text {
            Text::Stdin(file) | Text::File(file) => !is_json(file),
            Text::Answers(_) => false,
        }
    }

    /// What it declares, as far as it can be understood, with everything that is wrong with it.
    pub(crate) fn read(&self) -> (System, Vec<Diagnostic>) {
        match &self.text {
            Text::Stdin(file) | Text::File(file) if is_json(file) => read_json(file),
            Text::Stdin(file) | Text::File(file) => read_toml(file),
            Text::Answers(answers) => read_answers(answers),
        }
    }
}

/// Every project below a directory. What is not looked at is said.
fn projects(context: &Context, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let Projects { all, too_deep } = projects_below(directory)?;
    let here = &context.environment.current_directory;
    if let Some(too_deep) = sources::too_deep(&too_deep, here) {
        context.printer.warning(&format!("not checked: {too_deep}"));
    }
    Ok(all)
}

/// JSON begins with a brace, and a page that was saved in its place with `<`: no `slingshot.toml` does.
fn is_json(file: &SourceFile) -> bool {
    let text = file.text.trim_start_matches('\u{feff}').trim_start();
    let has_extension = |wanted| {
        let extension = Path::new(&file.path).extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
    };
    text.starts_with(['{', '<']) || has_extension("json")
}

/// A file that diagnostics point into.
pub(super) fn read(path: &Path, base: &Path) -> Result<Arc<SourceFile>, Failure> {
    let shown = shown(path, base).to_string();
    let bytes = fs::read(path)
        .map_err(|error| Failure::unreadable(format!("cannot read {shown}")).because(error))?;
    Ok(SourceFile::decode(shown, bytes))
}

fn stdin(name: &str) -> Result<Arc<SourceFile>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::unreadable("cannot read stdin").because(error))?;
    Ok(SourceFile::decode(name, bytes))
}
