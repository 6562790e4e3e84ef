import {
  isAccessKey,
  missingPermissions,
  tokenFacts,
  tokenProblem,
  withoutQuestionMark,
} from '../model/storage-token.ts'
import { isAzureId } from '../model/azure.ts'
import { longestClientSecret, longestEkmSecret } from '../model/ekm.ts'
import type { SecretRuleId } from './form.ts'

/**
 * What a password must be for one use. Checked in the window for the list of rules and again in main. The text of a
 * rule is shown met or not met; the password itself never leaves the check.
 */
export interface SecretRule {
  text: string
  met: (password: string) => boolean
}

const printableAscii: SecretRule = {
  text: 'Only printable ASCII characters: other tools must be able to type it',
  met: (password) => /^[\x20-\x7e]*$/.test(password),
}
const noQuoteOrDollar: SecretRule = {
  text: "No ' and no $( : it has to pass through sqlcmd variables unchanged",
  met: (password) => !password.includes("'") && !password.includes('$('),
}
const between = (least: number, most: number): SecretRule => ({
  text: `${least} to ${most} characters`,
  met: (password) => password.length >= least && password.length <= most,
})
const threeKinds: SecretRule = {
  text: 'Three of: upper case, lower case, digit, other (the usual Windows policy)',
  met: (password) =>
    [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length >= 3,
}
const noControl: SecretRule = {
  text: 'No line breaks or control characters',
  met: (password) => !/\p{Cc}/u.test(password),
}

const pemParts: SecretRule = {
  text: 'PEM text with the certificate and its private key, BEGIN and END lines included',
  met: (text) => /-----BEGIN CERTIFICATE-----/.test(text) && /-----BEGIN (RSA )?PRIVATE KEY-----/.test(text),
}
const noPassphrase: SecretRule = {
  text: 'A private key without a passphrase, at most 16,000 characters in all',
  met: (text) => text.length <= 16_000 && !/ENCRYPTED/.test(text),
}

const aToken: SecretRule = {
  text: 'A whole shared access signature, with sv and sig. A ? at its beginning is taken off',
  met: (token) => tokenFacts(token) !== null && withoutQuestionMark(token).length <= 2_000,
}
const tokenAllows: SecretRule = {
  text: 'It allows read, write, delete and list (sp=rwdl), or a stored policy says what it allows',
  met: (token) => {
    const facts = tokenFacts(token)
    return facts !== null && missingPermissions(facts).length === 0
  },
}
const tokenFits: SecretRule = {
  text: 'It is for a container (sr=c) or an account’s blob service, and has not ended',
  met: (token) => tokenProblem(token, new Date()) === null,
}
const anAccessKey: SecretRule = {
  text: 'An access key of a storage account: 88 characters of Base64',
  met: isAccessKey,
}
/** What a credential for SQL Server's connector takes: both mistakes are found at the server's next start only. */
const fitsCredential: SecretRule = {
  text: `1 to ${longestClientSecret} characters: with the 32 of the client id SQL Server takes ${longestEkmSecret} (33067)`,
  met: (secret) => secret.length >= 1 && secret.length <= longestClientSecret,
}
const notTheSecretsId: SecretRule = {
  text: 'The value of the secret, not its id',
  met: (secret) => !isAzureId(secret.trim()),
}
/** Tokens say their own limits; these are of all of them. */
const aPin = between(1, 255)
const withoutClientId: SecretRule = {
  text: 'Without the client id in front: Keyturn puts it there',
  met: (secret) => !/^[0-9a-f]{32}./i.test(secret),
}

export const secretRules: Record<SecretRuleId, readonly SecretRule[]> = {
  'key-file-password': [between(16, 128), printableAscii, noQuoteOrDollar, threeKinds],
  'master-key-password': [between(16, 128), printableAscii, noQuoteOrDollar, threeKinds],
  'existing-password': [between(1, 128), noControl],
  'login-password': [between(1, 128), noControl],
  'client-certificate': [pemParts, noPassphrase],
  'storage-token': [aToken, tokenAllows, tokenFits],
  'access-key': [anAccessKey],
  'token-pin': [aPin, noControl],
  'ekm-client-secret': [fitsCredential, notTheSecretsId, withoutClientId, noControl],
}

/** Of a holder's share; which words they are, main checks. */
export const shareRules: readonly SecretRule[] = [
  {
    text: '33 words, with spaces between them; numbers before the words may stay',
    met: (text) =>
      text
        .trim()
        .split(/\s+/)
        .filter((part) => !/^\d{1,2}\.$/.test(part)).length === 33,
  },
]

export const unmetRules = (rule: SecretRuleId, password: string): string[] =>
  secretRules[rule].filter(({ met }) => !met(password)).map(({ text }) => text)
