import { vaultPlaceOf } from '../../../shared/model/azure.ts'
import type { Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { undoWords } from '../../../shared/model/undo-words.ts'
import { displayScript, type Script, type ScriptPart } from '../../../shared/model/script.ts'
import { readParams, type StepKind } from './step-params.ts'

/**
 * The plan as one file for bash with the Azure CLI. Format: docs/formats/runbook.md. Addresses and bodies are those of
 * the plan, letter by letter; what a person or an earlier step provides is a shell variable, so no secret is in the
 * file or in the arguments of a command.
 */
export const runbookAz = (plan: Plan, digest: string): string => {
  const count = plan.steps.length
  return [
    head(plan, digest),
    ...plan.steps.map((step, index) => stepText(step, index + 1, count)),
    "echo 'End of the runbook: every step above ran.'",
    '',
  ].join('\n\n')
}

/** A line comment: one line, whatever the text. */
const comment = (text: string): string => `# ${text.replace(/\p{Cc}|[\u2028\u2029]/gu, ' ')}`.trimEnd()

/** One word of the shell, whatever is in it; a hole is a variable. */
const word = (parts: readonly ScriptPart[]): string =>
  parts.map((part) => (typeof part === 'string' ? quoted(part) : `"$${part.hole.toUpperCase()}"`)).join('') ||
  "''"
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

interface Call {
  method: string
  address: readonly ScriptPart[]
  /** Null: none. */
  body: readonly ScriptPart[] | null
}

/** A script is `METHOD https://…`, an empty line, and a body where there is one. */
const callOf = ({ parts }: Script): Call => {
  const address: ScriptPart[] = []
  const body: ScriptPart[] = []
  let inBody = false
  for (const part of parts) {
    if (inBody || typeof part !== 'string') {
      ;(inBody ? body : address).push(part)
      continue
    }
    const [before = '', ...rest] = part.split('\n\n')
    address.push(before)
    if (rest.length === 0) continue
    inBody = true
    body.push(rest.join('\n\n'))
  }
  const [first, ...more] = address
  const [method = '', ...start] = (typeof first === 'string' ? first : '').split(' ')
  return { method: method.toLowerCase(), address: [start.join(' '), ...more], body: inBody ? body : null }
}

const head = (plan: Plan, digest: string): string => {
  const identity = plan.targets[0]?.identity
  const part = (name: string): string =>
    typeof identity === 'object' && identity !== null && name in identity
      ? String(Object.entries(identity).find(([key]) => key === name)?.[1] ?? '')
      : ''
  const asked = plan.secrets.map(({ hole }) => hole.toUpperCase())
  return [
    '#!/usr/bin/env bash',
    comment(plan.title),
    comment(`Runbook made by Keyturn. Run mark ${plan.runId.slice(0, 8)}, plan ${digest}`),
    comment(''),
    comment('Needs bash, curl and the Azure CLI (az), signed in with az login. It stops at the first error.'),
    comment('Running it again after a stop needs a new plan: what it made is there then.'),
    ...(asked.length === 0
      ? []
      : [
          comment('Secrets are variables of the environment. Set each before, and not in this file:'),
          ...asked.map((name) => comment(`  ${name}: the secret of the application`)),
        ]),
    'set -euo pipefail',
    'umask 077',
    ...asked.map((name) => `: "\${${name}:?is not set}"`),
    'stop() { echo "Stopped: $1" >&2; exit 1; }',
    `az account set --subscription ${quoted(part('subscriptionId'))}`,
    `[ "$(az account show --query tenantId --output tsv)" = ${quoted(part('tenantId'))} ] || stop 'this is not the tenant of the plan'`,
  ].join('\n')
}

const stepText = (step: PlannedStep, number: number, count: number): string =>
  [
    comment(`Step ${number} of ${count}: ${step.title}`),
    comment(`Now: ${step.now}`),
    comment(`After: ${step.after}`),
    comment(`Permission: ${step.permission}`),
    ...undoLines(step),
    ...before(step, number),
    ...commands(step),
    `echo ${quoted(`Step ${number} of ${count} is done`)}`,
  ].join('\n')

const undoLines = ({ undo }: PlannedStep): string[] => [
  comment(undoWords(undo)),
  ...(undo.can === false
    ? []
    : displayScript(undo.script)
        .split('\n')
        .map((line) => comment(`  ${line}`))),
]

const asksBefore: readonly string[] = [
  'create-resource-group',
  'create-vault',
  'create-vault-key',
  'import-vault-key',
  'create-exchange-key',
  'import-transfer-file',
] satisfies StepKind[]

/** Sending these calls where something of that name is there would change it. */
const before = (step: PlannedStep, number: number): string[] => {
  const [script] = step.scripts
  if (script === undefined || !asksBefore.includes(step.kind)) return []
  const { address } = callOf(script)
  const ofKey = !['create-resource-group', 'create-vault'].includes(step.kind)
  const there = ofKey
    ? address.map((part) => (typeof part === 'string' ? part.replace(/(\/create)?\?/, '/versions?') : part))
    : address
  const query = ofKey ? " --query 'value[0].kid' --output tsv" : ''
  const ask = `az rest --method get --url ${word(there)}${audience(there)}${query}`
  const says = quoted(`step ${number} did not run: what it makes is there already`)
  return query === ''
    ? [`if ${ask} >/dev/null 2>&1; then stop ${says}; fi`]
    : [`[ -z "$(${ask} 2>/dev/null || true)" ] || stop ${says}`]
}

/** A vault takes only tokens that are made out for vaults; the others az knows by their address. */
const audience = ([first]: readonly ScriptPart[]): string => {
  const host = typeof first === 'string' ? /^https:\/\/([^/]+)/.exec(first)?.[1] : undefined
  return host !== undefined && vaultPlaceOf(host) !== null
    ? ` --resource ${quoted(`https://${host.split('.').slice(1).join('.')}`)}`
    : ''
}

const rest = (call: Call): string =>
  `az rest --method ${call.method} --url ${word(call.address)}${audience(call.address)}${
    call.body === null ? '' : ` --headers Content-Type=application/json --body ${word(call.body)}`
  }`

const commands = (step: PlannedStep): string[] => {
  const calls = step.scripts.map(callOf)
  const [call] = calls
  if (call === undefined) return []
  switch (step.kind) {
    case 'register-application':
      return [
        `read -r APPLICATION_ID APPLICATION_OBJECT_ID <<<"$(${rest(call)} --query "join(' ', [appId, id])" --output tsv)"`,
        'echo "Application (client) id: $APPLICATION_ID"',
      ]
    case 'create-service-principal':
      return [
        `PRINCIPAL_OBJECT_ID="$(${rest(call)} --query id --output tsv)"`,
        'echo "Object id of the service principal: $PRINCIPAL_OBJECT_ID"',
      ]
    case 'create-client-secret':
      return [
        comment(
          'Azure says the value once. It is in the variable APPLICATION_SECRET of this shell only: keep it',
        ),
        comment('where SQL Server’s credential will be made from it, before this shell ends.'),
        `APPLICATION_SECRET="$(${rest(call)} --query secretText --output tsv)"`,
      ]
    case 'back-up-vault-key':
      return backupCommands(step)
    case 'import-vault-key':
      return importCommands(step)
    case 'import-transfer-file':
      return transferCommands(step)
    case 'restore-vault-key':
      return restoreCommands(step)
    case 'compare-key-chain':
      return compareCommands(step)
    case 'grant-key-use':
      return [`${rest(call)} --output none`, comment('A new role takes minutes to work.')]
    case 'prove-wrap':
      return proveCommands(step, calls)
    default:
      return calls.map((one) => `${rest(one)} --output none`)
  }
}

/** `az` takes no .pfx: OpenSSL asks for its password, and the private key is in a file until the import ended. */
const importCommands = (step: PlannedStep): string[] => {
  const { host, key, type, expires, file } = readParams('import-vault-key', step.params)
  const [name = ''] = host.split('.')
  const kind = vaultPlaceOf(host)?.service === 'managed-hsm' ? '--hsm-name' : '--vault-name'
  return [
    comment(
      'The same key: az takes it as PEM. OpenSSL opens the file of this folder and asks for its password.',
    ),
    `[ -e ${quoted(file)} ] || stop ${quoted(`${file} is not in this folder`)}`,
    'KEY_PEM="$(mktemp)"',
    'trap \'rm -f "$KEY_PEM"\' EXIT',
    `openssl pkcs12 -in ${quoted(file)} -nocerts -nodes -out "$KEY_PEM"`,
    `az keyvault key import ${kind} ${quoted(name)} --name ${quoted(key)} --pem-file "$KEY_PEM" --protection ${
      type === 'RSA-HSM' ? 'hsm' : 'software'
    }${expires === null ? '' : ` --expires ${quoted(expires)}`} --output none`,
    'rm -f "$KEY_PEM"',
  ]
}

const nameOption = (host: string): string =>
  `${vaultPlaceOf(host)?.service === 'managed-hsm' ? '--hsm-name' : '--vault-name'} ${quoted(host.split('.')[0] ?? '')}`

/** A file of this folder, as it was when the plan was made. */
const sameFile = (file: string, sha256: string): string[] => [
  `[ -e ${quoted(file)} ] || stop ${quoted(`${file} is not in this folder`)}`,
  `[ "$(sha256sum ${quoted(`./${file}`)} | cut -d' ' -f1)" = ${quoted(sha256)} ] || stop ${quoted(`${file} is not the file of the plan`)}`,
]

const transferCommands = (step: PlannedStep): string[] => {
  const { host, key, file, sha256 } = readParams('import-transfer-file', step.params)
  return [
    comment('The same call; az sends the file of the folder in which this runs.'),
    ...sameFile(file, sha256),
    `az keyvault key import ${nameOption(host)} --name ${quoted(key)} --byok-file ${quoted(`./${file}`)} --output none`,
  ]
}

const restoreCommands = (step: PlannedStep): string[] => {
  const { host, file, sha256 } = readParams('restore-vault-key', step.params)
  return [
    comment('The same call; az sends the file of the folder in which this runs.'),
    ...sameFile(file, sha256),
    `az keyvault key restore ${nameOption(host)} --file ${quoted(`./${file}`)} --output none`,
  ]
}

/** The public halves only: wrapping and unwrapping needs rights that the runbook does not ask for. */
const compareCommands = (step: PlannedStep): string[] => {
  const { key, origin, vaults } = readParams('compare-key-chain', step.params)
  return vaults.flatMap(({ host, version }) => [
    'KEY_PEM="$(mktemp -u)"',
    `az keyvault key download --id ${quoted(`https://${host}/keys/${key}${version === null ? '' : `/${version}`}`)} --file "$KEY_PEM" --encoding PEM`,
    `SPKI_SHA256="$(openssl pkey -pubin -in "$KEY_PEM" -outform DER | sha256sum | cut -d' ' -f1)"`,
    'rm -f "$KEY_PEM"',
    `[ "$SPKI_SHA256" = ${quoted(origin.spkiSha256)} ] || stop ${quoted(`the public key in ${host} is another one`)}`,
  ])
}

const backupCommands = (step: PlannedStep): string[] => {
  const { host, key, file } = readParams('back-up-vault-key', step.params)
  return [
    comment('The same call; az writes what the vault gives into a file of the folder in which this runs.'),
    `[ ! -e ${quoted(file)} ] || stop ${quoted(`${file} is there`)}`,
    `az keyvault key backup --id ${quoted(`https://${host}/keys/${key}`)} --file ${quoted(file)}`,
    `[ -s ${quoted(file)} ] || stop ${quoted(`${file} is empty`)}`,
  ]
}

const proveCommands = (step: PlannedStep, calls: readonly Call[]): string[] => {
  const { host, key, version } = readParams('prove-wrap', step.params)
  const [signIn, wrap, unwrap] = calls
  if (signIn === undefined || wrap === undefined || unwrap === undefined) return []
  const send = (call: Call): string =>
    `printf '%s' ${word(call.body ?? [])} | curl --fail --silent --show-error --header 'Content-Type: application/json' --header @<(printf 'Authorization: Bearer %s' "$TOKEN") --data-binary @- ${word(call.address)}`
  return [
    comment('Where it is refused, the role may need some more minutes.'),
    ...(version === null
      ? [
          `KEY_VERSION="$(az keyvault key show --id ${quoted(`https://${host}/keys/${key}`)} --query key.kid --output tsv | sed 's#.*/##')"`,
        ]
      : []),
    `TOKEN="$(printf '%s' ${word(signIn.body ?? [])} | curl --fail --silent --show-error --data-binary @- ${word(signIn.address)} | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p')"`,
    '[ -n "$TOKEN" ] || stop \'the application could not sign in\'',
    "RANDOM_BYTES=\"$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n')\"",
    `WRAPPED_BYTES="$(${send(wrap)} | sed -n 's/.*"value" *: *"\\([^"]*\\)".*/\\1/p')"`,
    `UNWRAPPED_BYTES="$(${send(unwrap)} | sed -n 's/.*"value" *: *"\\([^"]*\\)".*/\\1/p')"`,
    '[ "$UNWRAPPED_BYTES" = "$RANDOM_BYTES" ] || stop \'the vault did not give back what it wrapped\'',
  ]
}
