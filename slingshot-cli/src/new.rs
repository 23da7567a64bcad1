//! `slingshot new`: a project that builds, tests and runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    Context,
    exit::{Exit, Failure},
    project::shown,
};

mod dependency;
mod name;
mod render;
mod template;

use self::{dependency::Dependency, name::ProjectName, render::Placeholders, template::Template};

/// The options of `slingshot new`.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// The project's name, or the path of its directory, which must not exist
    #[arg(value_name = "NAME")]
    path: PathBuf,

    /// What to start from
    #[arg(long, value_enum, default_value = "worker")]
    template: Template,

    /// Build against this checkout of Slingshot [default: the one this command was built from]
    #[arg(long, value_name = "DIR")]
    slingshot_path: Option<PathBuf>,
}

/// Creates the project, or nothing.
///
/// # Errors
///
/// If the name does not do, the directory exists, or the disk refuses.
pub(crate) fn run(context: &Context, arguments: &NewArguments) -> Result<Exit, Failure> {
    let here = &context.environment.current_directory;
    let directory = std::path::absolute(here.join(&arguments.path)).map_err(|error| {
        Failure::usage(format!("{} is no path", arguments.path.display())).because(error)
    })?;
    let name = ProjectName::of(&directory)?;
    let dependency = Dependency::of(arguments.slingshot_path.as_deref(), here)?;
    let outer = dependency::enclosing_workspace(&directory);
    let files = arguments.template.render(&Placeholders {
        name: name.as_str(),
        slingshot: &dependency.in_manifest(),
        slingshot_python: &dependency.in_requirements(),
        workspace: if outer.is_some() {
            "[workspace]\n\n"
        } else {
            ""
        },
    })?;

    create(&directory, &files)?;

    let template = arguments.template.name();
    context.printer.status(
        "Created",
        &format!("{} from the template {template}", shown(&directory, here)),
    );
    if let Some(outer) = outer {
        context.printer.status(
            "Note",
            &format!(
                "{} is a workspace, so the new project has a `[workspace]` table of its own;\n{:13}to \
                 join the outer one, delete that table and add the project to its members",
                outer.display(),
                "",
            ),
        );
    }
    context
        .printer
        .result(&next_steps(&arguments.path, arguments.template));
    Ok(Exit::Clean)
}

fn next_steps(path: &Path, template: Template) -> String {
    let (run, about) = template.trial();
    let path = path.display();
    let mut tests = template.test().to_vec();
    let test = tests.pop().unwrap_or_default();
    let before = tests.iter().flat_map(|step| ["  ", step, "\n"]);
    let before: String = before.collect();
    format!(
        "\nNext:
  cd {path}
{before}  {test:47}  the functions, called like any others
  slingshot topology check                         the routes, proved against the code
  {run:47}  {about}"
    )
}

/// Writes every file, or leaves nothing behind.
fn create(directory: &Path, files: &[(PathBuf, String)]) -> Result<(), Failure> {
    let shown = directory.display();
    // Creating the directory is the check: nothing can come between the two.
    fs::create_dir(directory).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(format!("{shown} exists"))
            .help("choose another name: an existing directory is never touched"),
        _ => Failure::unreadable(format!("cannot create {shown}")).because(error),
    })?;
    let write = |(path, text): &(PathBuf, String)| {
        let path = directory.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    };
    files.iter().try_for_each(write).map_err(|error| {
        fs::remove_dir_all(directory).ok();
        Failure::unreadable(format!("cannot write to {shown}")).because(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_cannot_be_written_is_removed_again() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("project");
        let file = |path: &str| (PathBuf::from(path), String::new());
        create(&directory, &[file("a"), file("a/b")]).unwrap_err();
        assert!(!directory.exists());
    }

    #[test]
    fn what_exists_is_not_touched() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("file"), "mine").unwrap();
        let failure = create(parent.path(), &[("file".into(), "ours".into())]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(
            fs::read_to_string(parent.path().join("file")).unwrap(),
            "mine"
        );
    }
}
