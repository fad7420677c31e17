use super::*;

fn parse(text: &str) -> (LoggingOptions, Vec<Problem>, Vec<Problem>) {
    LoggingOptions::parse(text, &ServerPaths::new("/env/server1"), LineFormat::Text, &Environment::default())
}

fn file(handler: &Handler) -> (&str, u64, u32) {
    match &handler.output {
        Output::File { path, max_size, backups } => (path.to_str().unwrap(), *max_size, *backups),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_shipped_file_is_understood_without_a_word() {
    let (options, problems, warnings) = parse(templates::LOGGING_CONF);
    assert_eq!((problems, warnings), (vec![], vec![]));
    assert_eq!(file(&options.handlers[0]), ("/env/server1/logs/server.log", 1_000_000_000, 2));
    assert_eq!(file(&options.handlers[1]), ("/env/server1/logs/http_access.log", 20_000_000, 10));
    assert_eq!(options.handlers[2].output, Output::Console);
    let access = options.loggers.iter().find(|logger| logger.name == ACCESS_LOGGER).unwrap();
    assert_eq!((access.handlers.as_slice(), access.propagates), (&[1][..], false));
    assert_eq!(options.loggers[0].level, Some(Level::INFO));
}

#[test]
fn the_environment_decides_about_the_size_of_the_server_log_only() {
    let environment = [(env::LOG_MAX_SIZE, "500"), (env::LOG_BACKUP_COUNT, "7")].into_iter().collect();
    let paths = ServerPaths::new("/env/server1");
    let options = LoggingOptions::parse(templates::LOGGING_CONF, &paths, LineFormat::Json, &environment).0;
    assert_eq!(file(&options.handlers[0]), ("/env/server1/logs/server.log", 500, 7));
    assert_eq!(file(&options.handlers[1]).1, 20_000_000);
    assert_eq!(options.handlers[0].pattern, Pattern::Json);
}

#[test]
fn every_problem_names_line_object_and_field() {
    let (_, problems, warnings) = parse(
        "version: 1\nlogers: {}\nhandlers:\n  a:\n    class: logging.FileHandler\n  b:\n    class: logging.FileHandler\n\
         \x20   filename: x\n    level: LOUD\n    maxBytes: 1MB\n    formatter: none\n  c: {class: logging.SMTPHandler}\n\
         loggers:\n  zato:\n    level: INFO\n    handlers: [b,\n      d]\nroot: {}\n",
    );
    let found: Vec<_> = problems
        .iter()
        .map(|problem| (problem.line.unwrap(), problem.field.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [(2, "logers"), (5, "filename"), (10, "maxBytes"), (11, "formatter"), (9, "level"), (17, "handlers")]
    );
    assert!(problems.iter().all(|problem| problem.hint.is_some()));
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `loggers`?"));
    assert_eq!(warnings[0].object.as_deref(), Some("handler `c`"));
}

#[test]
fn a_format_with_unknown_attributes_falls_back_with_a_warning() {
    let (options, problems, warnings) = parse(
        "formatters:\n  f: {format: '%(nope)s'}\nhandlers:\n  h: {class: logging.StreamHandler, formatter: f}\n\
         root: {handlers: [h]}\n",
    );
    assert_eq!(problems, vec![]);
    assert_eq!((warnings[0].line, warnings[0].field.as_deref()), (Some(2), Some("format")));
    assert_eq!(options.handlers[0].pattern, Pattern::Text(TextPattern::parse(DEFAULT_FORMAT, None).unwrap()));
}

#[test]
fn the_ini_form_of_2_0_is_converted() {
    let (options, problems, warnings) = parse(
        "[loggers]\nkeys=root,zato\n\n[handlers]\nkeys=rotating_file_handler\n\n[formatters]\nkeys=default\n\n\
         [logger_root]\nlevel=INFO\nhandlers=rotating_file_handler\n\n\
         [logger_zato]\nlevel=DEBUG\nhandlers=rotating_file_handler\nqualname=zato\npropagate=0\n\n\
         [handler_rotating_file_handler]\nclass=logging.handlers.RotatingFileHandler\nformatter=default\n\
         args=('./logs/server.log', 'a', 20000000, 10)\n\n\
         [formatter_default]\nformat=%(asctime)s - %(levelname)s, %(message)s\n",
    );
    assert_eq!(problems, vec![]);
    assert_eq!(warnings.len(), 1);
    assert_eq!(file(&options.handlers[0]), ("/env/server1/logs/server.log", 20_000_000, 10));
    let zato = options.loggers.iter().find(|logger| logger.name == "zato").unwrap();
    assert_eq!((zato.level, zato.propagates), (Some(Level::DEBUG), false));
    assert_eq!(options.loggers[0].name, "");
}

#[test]
fn text_that_is_neither_form_is_refused_with_its_line() {
    assert_eq!(parse("a: [\n").1[0].line, Some(2));
    assert!(parse("- x\n").1[0].message.contains("must be a map"));
}

#[test]
fn log_files_that_cannot_be_written_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path());
    let loaded = LoggingOptions::load(&paths, LineFormat::Text, &Environment::default()).unwrap();
    assert_eq!(loaded.value.unwritable(), []);
    std::fs::write(directory.path().join("logs"), "a file in the place of the directory").unwrap();
    let problems = loaded.value.unwritable();
    assert!(!problems.is_empty());
    assert!(problems[0].to_string().contains("server.log"), "{problems:?}");
}
