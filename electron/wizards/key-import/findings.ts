import { keyNameProblem } from '../../../shared/model/azure.ts'
import { KeyturnError, type FieldProblem, type Problem } from '../../../shared/errors/problem.ts'
import type { ErrorCode, ErrorParams } from '../../../shared/errors/catalogue.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { connectorRefusal } from '../azure/key-rules.ts'
import { permits, rightsFor } from '../azure/roles.ts'
import { hsmRefusal, principalText, sameId } from '../azure/words.ts'
import type { Facts, TransferFile, VaultSide } from './facts-model.ts'
import { sameModulus, sizeFits } from './key-sizes.ts'

/** What keeps a run from being begun, at the answer that can change it. */
export interface Finding {
  screen: 'vaults' | 'key'
  field: string
  problem: Problem
  measured: string
}

const found = (
  screen: Finding['screen'],
  field: string,
  code: ErrorCode,
  params: ErrorParams,
  measured: string,
): Finding => ({ screen, field, problem: new KeyturnError(code, params).problem, measured })

/** Everything that the facts say against these answers. The same list stands at the fields and on the review. Pure. */
export const findingsOn = (answers: Pick<Answers, string>, facts: Facts): Finding[] => {
  const task = answers['task']
  return [
    ...facts.sides.flatMap((side) => vaultFindings(side, task)),
    ...facts.sides.flatMap((side) => rightFindings(side, task, facts)),
    ...(task === 'transfer' ? transferFindings(facts) : []),
    ...(task === 'restore' ? restoreFindings(facts) : []),
    ...(facts.publicFile?.ok === false
      ? [
          {
            screen: 'key' as const,
            field: 'publicFile',
            problem: facts.publicFile.problem,
            measured: 'not a public key',
          },
        ]
      : []),
    ...facts.sides.flatMap((side) => nameFindings(side, task, facts)),
  ]
}

export const problemsOn = (screen: string, answers: Answers, facts: Facts): FieldProblem[] => {
  const byField = new Map<string, FieldProblem>()
  for (const { screen: at, field, problem } of findingsOn(answers, facts))
    if (at === screen && !byField.has(field))
      byField.set(field, { field, message: `${problem.title}. ${problem.next}` })
  return [...byField.values()]
}

const vaultFindings = ({ field, name, settings, hsm }: VaultSide, task: unknown): Finding[] => {
  const inactive = hsm === null ? null : hsmRefusal(hsm)
  if (inactive !== null)
    return [found('vaults', field, 'byok-vault', { vault: name, what: inactive }, inactive)]
  const hardware = task === 'transfer' || task === 'exchange-key'
  if (!hardware || settings === null || settings.tier === 'premium') return []
  return [
    found('vaults', field, 'byok-vault', { vault: name, what: 'its tier is standard' }, 'tier standard'),
  ]
}

/** What can't be read is a warning of the review, not a blocker. */
const rightFindings = ({ field, name, rights }: VaultSide, task: unknown, facts: Facts): Finding[] => {
  const needed =
    task === 'transfer' ? rightsFor.importKeys : task === 'exchange-key' ? rightsFor.makeKeys : null
  if (needed === null || rights?.read !== true || permits(rights.value, needed)) return []
  const params = {
    target: name,
    principal: principalText(facts.principal),
    what: task === 'transfer' ? 'importing a key' : 'creating a key',
    permission: needed.action,
  }
  return [found('vaults', field, 'vault-no-permission', params, `no role with ${needed.action}`)]
}

const fileFieldOf = ({ field }: VaultSide): string => (field === 'vault' ? 'file' : 'secondFile')

const transferFindings = (facts: Facts): Finding[] =>
  facts.sides.flatMap((side) => {
    const { file } = side
    const field = fileFieldOf(side)
    if (file === null) return []
    if (!file.ok) return [{ screen: 'key', field, problem: file.problem, measured: 'not a transfer file' }]
    return [
      ...placeFindings(side, file.value),
      ...sizeFindings(side, file.value, facts),
      ...verdictFindings(field, file.value, facts),
    ]
  })

/** The key in the file's head has to be of this very vault, and able to open it. */
const placeFindings = (side: VaultSide, file: TransferFile): Finding[] => {
  const field = fileFieldOf(side)
  if (!sameId(file.host, side.host)) {
    const params = { file: file.name, vault: side.host, other: file.host }
    return [found('key', field, 'byok-other-vault', params, file.kid)]
  }
  const what = kekProblem(side)
  if (what === null) return []
  const params = { file: file.name, vault: side.host, kek: file.kekName, what }
  return [found('key', field, 'byok-kek', params, what)]
}

const kekProblem = ({ kek }: VaultSide): string | null => {
  if (kek === null) return null
  if (!kek.read) return `not read: ${kek.because}`
  return kek.value === null ? 'that version is not there, or no RSA key' : kek.value.refusal
}

const sizeFindings = (side: VaultSide, file: TransferFile, { origin }: Facts): Finding[] => {
  if (side.kek?.read !== true || side.kek.value === null || origin === null) return []
  if (side.kek.value.refusal !== null) return []
  const bytes = file.ciphertextBytes - side.kek.value.bits / 8
  if (sizeFits(origin.bits, bytes)) return []
  const params = { file: file.name, bytes, bits: origin.bits }
  return [found('key', fileFieldOf(side), 'byok-size', params, `${bytes} bytes`)]
}

/** Only for tests: the file says so, or the token that it is compared with does. A rehearsal is a test. */
export const testOnlyBecause = ({ generator }: TransferFile, { token }: Facts): string | null => {
  if (/test only/i.test(generator)) return `the file says so itself (${generator})`
  if (token?.read !== true || token.value.wrap === 'exact') return null
  const { name } = token.value.ref
  switch (token.value.wrap) {
    case 'zero-padded':
      return `the key wrap of ${name} is not that of RFC 5649`
    case 'none':
      return `${name} has no key wrap that can carry a key`
    default:
      return `the key wrap of ${name} was never probed`
  }
}

const verdictFindings = (field: string, file: TransferFile, facts: Facts): Finding[] => {
  const what = testOnlyBecause(file, facts)
  return what === null || facts.target.environment === 'rehearsal'
    ? []
    : [found('key', field, 'byok-test-only', { file: file.name, what }, what)]
}

const restoreFindings = ({ backup, source, sides, regions }: Facts): Finding[] => {
  if (backup?.ok === false)
    return [{ screen: 'key', field: 'backupFile', problem: backup.problem, measured: 'not read' }]
  const [side] = sides
  if (source?.read !== true || side === undefined || !regions.read) return []
  const geographyOf = (region: string): string | null =>
    regions.value.find(({ name }) => sameId(name, region))?.geography ?? null
  const [from, to] = [geographyOf(source.value.region), geographyOf(side.region)]
  if (from === null || to === null || from === to) return []
  return [
    found(
      'vaults',
      'vault',
      'vault-backup-elsewhere',
      { target: side.name },
      `${from}; the vault is in ${to}`,
    ),
  ]
}

const nameFindings = (side: VaultSide, task: unknown, facts: Facts): Finding[] => {
  const { key: read, host } = side
  if (read?.read !== true) return []
  const { name, key, deleted } = read.value
  const field = task === 'exchange-key' ? 'exchangeName' : 'keyName'
  if (task === 'compare') return []
  if (deleted !== null)
    return [found('key', field, 'vault-key-deleted', { target: host, key: name }, 'deleted, recoverable')]
  if (key === null) return []
  const measured = `version ${key.version}`
  if (task === 'restore') return [found('key', field, 'vault-key-exists', { target: host }, measured)]
  return isImportedAlready(side, facts)
    ? []
    : [found('key', field, 'import-other-key', { vault: host, key: name }, measured)]
}

/** The very key is there under the very name, and SQL Server could use it: then nothing is imported there again. */
export const isImportedAlready = ({ key: read }: VaultSide, { origin, readAt }: Facts): boolean => {
  const key = read?.read === true ? read.value.key : null
  return (
    key !== null &&
    origin !== null &&
    keyNameProblem(key.name) === null &&
    sameModulus(key, origin) &&
    connectorRefusal(key, new Date(readAt)) === null
  )
}
