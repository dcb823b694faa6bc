//! Tokens that must be refused, each for another reason, and all in the same words.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

use super::{
    check::Check,
    discovery::Offered,
    ehr::{Call, Ehr, Token},
    key::{Claims, Signer},
    patients::Patients,
    report::Report,
};

/// Every check of this module.
const ALL: [Check; 9] = [
    Check::TokenNeeded,
    Check::TokenSignature,
    Check::TokenNone,
    Check::TokenSymmetric,
    Check::TokenAudience,
    Check::TokenExpired,
    Check::TokenIssuer,
    Check::TokenKeyId,
    Check::TokenSilence,
];

/// Makes a sound call with each wrong token.
pub async fn examine(ehr: &mut Ehr, offered: &[Offered], patients: &Patients, report: &mut Report) {
    let Some((path, request)) = patients.plain(offered) else {
        return;
    };
    let path = path.as_str();
    let url = ehr.url(path);
    let Some(signer) = ehr.signer() else {
        for check in ALL {
            report.skip(check, "no --key");
        }
        return;
    };
    let tokens = match wrong(signer, &url) {
        Ok(tokens) => tokens,
        Err(fault) => {
            report.judge(Check::TokenSignature, false, || fault);
            return;
        }
    };
    let mut bodies = Vec::new();
    for (check, token) in tokens {
        let answer = ehr.call(Call::post(path, &request).with(token)).await;
        report.judge_status(check, path, &answer, &[401]);
        let refusal = answer.ok().filter(|reply| reply.status == 401);
        bodies.extend(refusal.map(|reply| reply.text));
    }
    bodies.dedup();
    report.judge(Check::TokenSilence, bodies.len() <= 1, || {
        format!("{} different bodies", bodies.len())
    });
}

/// Each wrong token for a call of `url`, with the check that it is for.
fn wrong(signer: &Signer, url: &str) -> Result<Vec<(Check, Token)>, String> {
    let header = signer.header();
    let with = |header: &Header, change: fn(&mut Claims)| {
        let mut claims = signer.claims(url);
        change(&mut claims);
        signer.sign(header, &claims).map(Token::This)
    };
    let mut stranger = header.clone();
    stranger.kid = Some("sid-cds-doctor-unknown".to_owned());
    let mut symmetric = header.clone();
    symmetric.alg = Algorithm::HS256;
    let secret = EncodingKey::from_secret(b"a secret that the service cannot know");
    let symmetric = encode(&symmetric, &signer.claims(url), &secret).map_err(|e| e.to_string())?;
    let sound = signer.token(url)?;
    Ok(vec![
        (Check::TokenNeeded, Token::None),
        (Check::TokenSignature, Token::This(forged(&sound)?)),
        (Check::TokenNone, Token::This(unsigned(&sound)?)),
        (Check::TokenSymmetric, Token::This(symmetric)),
        (
            Check::TokenAudience,
            with(&header, |claims| claims.aud.push_str("-of-another"))?,
        ),
        (
            Check::TokenExpired,
            with(&header, |claims| {
                claims.iat -= 86_400;
                claims.exp -= 86_400;
            })?,
        ),
        (
            Check::TokenIssuer,
            with(&header, |claims| claims.iss.push_str("-another"))?,
        ),
        (Check::TokenKeyId, with(&stranger, |_| {})?),
    ])
}

/// The token with its signature turned round.
fn forged(token: &str) -> Result<String, String> {
    let (signed, signature) = token.rsplit_once('.').ok_or("a token has three parts")?;
    let turned: String = signature.chars().rev().collect();
    Ok(format!("{signed}.{turned}"))
}

/// The token with `alg: none` and no signature.
fn unsigned(token: &str) -> Result<String, String> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = token.split('.').nth(1).ok_or("a token has three parts")?;
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    Ok(format!("{header}.{claims}."))
}
