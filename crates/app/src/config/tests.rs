use super::*;

const MINIMAL: &str = "data_dir = \"/var/lib/matrimony\"\n[matrix.managed]\nserver_name = \"example.org\"\n";

fn problem(text: &str) -> String {
    Config::parse(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_template_is_a_config() {
    let text = template("example.org", Path::new("/srv/m \"quoted\""));
    let config = Config::parse(&text).unwrap();
    assert_eq!(config.data_dir, Path::new("/srv/m \"quoted\""));
    assert_eq!(config.matrix.managed.unwrap().server_name, "example.org");
    assert_eq!(config.matrix.listen.port(), 29_300);
}

#[test]
fn every_default_that_the_template_shows_is_the_real_one() {
    // Uncomment every `# key = value` whose value is a default and parse again: nothing may change.
    let shown = template("example.org", Path::new("/srv/m"));
    let skip = ["admins", "synapse_python", "url", "server_name", "socket", "tcp"];
    let uncommented: Vec<String> = shown
        .lines()
        .map(|line| {
            match line
                .strip_prefix("# ")
                .and_then(|rest| rest.split_once(" = ").map(|(key, _)| (key, rest)))
            {
                Some((key, rest))
                    if key.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !skip.contains(&key) =>
                {
                    rest.to_owned()
                }
                _ => line.to_owned(),
            }
        })
        .collect();
    let explicit = Config::parse(&uncommented.join("\n")).unwrap();
    assert_ne!(uncommented.join("\n"), shown, "the template shows defaults");
    assert_eq!(format!("{explicit:?}"), format!("{:?}", Config::parse(&shown).unwrap()));
}

#[test]
fn an_unknown_key_is_named() {
    let text = problem(&format!("{MINIMAL}prot = 8009\n"));
    assert!(
        text.contains("unknown field `prot`") && text.contains("line 4"),
        "{text}"
    );
}

#[test]
fn a_wrong_type_is_named() {
    let text = problem(&format!("{MINIMAL}port = \"many\"\n"));
    assert!(
        text.contains("port = \"many\"") && text.contains("invalid type"),
        "{text}"
    );
}

#[test]
fn what_the_types_cannot_say_is_checked() {
    for (text, expected) in [
        (
            "data_dir = \"/x\"\n[matrix]\n",
            "neither [matrix.managed] nor [matrix.external]",
        ),
        (
            "data_dir = \"x\"\n[matrix.managed]\nserver_name = \"example.org\"\n",
            "absolute path",
        ),
        (
            "data_dir = \"/x\"\n[matrix.managed]\nserver_name = \"not a name\"\n",
            "domain name",
        ),
        (
            "data_dir = \"/x\"\n[matrix]\nadmins = [\"nina\"]\n[matrix.managed]\nserver_name = \"a.org\"\n",
            "full user ids",
        ),
        (
            "data_dir = \"/x\"\n[matrix.external]\nurl = \"a.org\"\nserver_name = \"a.org\"\n",
            "http://",
        ),
        (
            &format!("{MINIMAL}[signal]\nsocket = \"/s\"\ntcp = \"127.0.0.1:1\"\n"),
            "keep one",
        ),
    ] {
        let found = problem(text);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_missing_file_names_itself_and_the_cure() {
    let error = Config::read(Path::new("/nonexistent/matrimony.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("/nonexistent/matrimony.toml") && error.contains("config init"),
        "{error}"
    );
}
