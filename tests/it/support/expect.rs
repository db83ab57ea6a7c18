//! What an answer of the API server must be. Refusals are compared by their sentence: it is part of the product.

use serde_json::Value;

/// An answer of the API server.
pub type Answer = Result<Value, kube::Error>;

/// It was done.
#[track_caller]
pub fn allowed(answer: Answer) -> Value {
    match answer {
        Ok(object) => object,
        Err(error) => panic!("refused: {}", sentence(&error)),
    }
}

/// It was refused with this sentence.
#[track_caller]
pub fn refused(answer: Answer, expected: &str) {
    refused_with(answer, None, expected);
}

/// It was refused because of who asked (403), with this sentence.
#[track_caller]
pub fn forbidden(answer: Answer, expected: &str) {
    refused_with(answer, Some(403), expected);
}

/// It was refused because of what was asked (422), with this sentence.
#[track_caller]
pub fn invalid(answer: Answer, expected: &str) {
    refused_with(answer, Some(422), expected);
}

#[track_caller]
fn refused_with(answer: Answer, code: Option<u16>, expected: &str) {
    match answer {
        Ok(object) => panic!("it was done, and should have been refused with: {expected}\n{object:#}"),
        Err(kube::Error::Api(status)) => {
            assert!(
                status.message.contains(expected),
                "another sentence: {}\nexpected: {expected}",
                status.message
            );
            if let Some(code) = code {
                assert_eq!(status.code, code, "{}", status.message);
            }
        }
        Err(error) => panic!("no answer of the API server: {error}"),
    }
}

/// What the API server said.
pub fn sentence(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} {}", status.code, status.message),
        other => other.to_string(),
    }
}
