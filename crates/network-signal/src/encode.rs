//! An action into the parameters of `send`.

use crate::keys::{Aci, Target};
use matrimony_domain::{NetworkKind, Text};
use matrimony_engine::translate::ranges;
use serde_json::{Value, json};

/// The parameters of `send` for a text.
pub(crate) fn send(account: &str, target: &Target, text: &Text) -> Value {
    let rendered = ranges::render(text, &|person| {
        let ours = person.network == NetworkKind::Signal;
        Aci::parse(&person.id)
            .filter(|_| ours)
            .map(|aci| aci.as_str().to_owned())
    });
    let mut params = json!({
        "account": account,
        "message": rendered.text,
        "textStyle": rendered.styles.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "mention": rendered.mentions.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    match target {
        Target::Group(id) => params["groupId"] = json!([id]),
        Target::Direct(aci) => params["recipient"] = json!([aci.as_str()]),
    }
    params
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::{Mark, PersonKey};

    const BOB: &str = "23c37112-cdf8-4b70-86f9-aa4ea94c9c66";

    #[test]
    fn a_group_and_a_person_are_named_each_in_their_way() {
        let text = Text::plain("hello");
        let group = send("+15550100001", &Target::Group("abc=".into()), &text);
        assert_eq!(group["groupId"], json!(["abc="]));
        assert_eq!(group["message"], "hello");
        assert_eq!(group["account"], "+15550100001");
        assert!(group.get("recipient").is_none());
        let direct = send("+15550100001", &Target::Direct(Aci::parse(BOB).unwrap()), &text);
        assert_eq!(direct["recipient"], json!([BOB]));
        assert!(direct.get("groupId").is_none());
    }

    #[test]
    fn styles_and_mentions_are_counted_in_utf16() {
        let mut text = Text::plain("👋 @Bob, bold");
        text.mark(5..9, Mark::Mention(PersonKey::new(NetworkKind::Signal, BOB)));
        text.mark(11..15, Mark::Bold);
        text.sort();
        let params = send("+15550100001", &Target::Group("abc=".into()), &text);
        assert_eq!(params["message"], "👋 \u{fffc}, bold");
        assert_eq!(params["mention"], json!([format!("3:1:{BOB}")]));
        assert_eq!(params["textStyle"], json!(["6:4:BOLD"]));
    }

    #[test]
    fn a_person_of_another_network_stays_a_name() {
        let mut text = Text::plain("@Dora hi");
        text.mark(0..5, Mark::Mention(PersonKey::new(NetworkKind::WhatsApp, BOB)));
        let params = send("+15550100001", &Target::Group("abc=".into()), &text);
        assert_eq!(params["message"], "@Dora hi");
        assert_eq!(params["mention"], json!([]));
    }
}
