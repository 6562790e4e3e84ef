import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { fileRows, groupRow } from '../escrow/rows.ts'
import { shownOf } from '../sqlserver/words.ts'
import {
  noTokenCheck,
  pinCheck,
  probeShown,
  suggestedPin,
  tokenFacts,
  wrapCheck,
} from '../hsm/token-shown.ts'
import type { KekFact } from '../azure/exchange-key.ts'
import type { Facts } from './facts-model.ts'

/** What the screens show. Pure. `names`: of the vaults' connections, by their ids. */
export const formFacts = (
  screen: string,
  _answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
  names: ReadonlyMap<string, string> = new Map(),
): FormFacts => {
  if (facts === null)
    return {
      options: { tokenTargets: targets, tokenKeys: [], keks: [], groups: [], certificateFiles: [] },
      shown: [],
      flags: {},
      suggested: {},
      checks: screen === 'key' && targets.length === 0 ? [noTokenCheck(now)] : [],
      readAt: now,
    }
  return {
    options: {
      tokenTargets: targets,
      tokenKeys: replaceable(facts),
      keks: kekOptions(facts),
      groups: facts.groups.map((one) => groupRow(one)),
      certificateFiles: fileRows(facts.recipients?.read === true ? facts.recipients.value : null),
    },
    shown: screen === 'key' ? tokenShown(facts) : screen === 'destinations' ? vaultShown(facts) : [],
    flags: {},
    suggested: {
      pinMode: suggestedPin(facts),
      type: { value: 'rsa-3072', because: 'What SQL Server’s connector and TDE take, with the most bits' },
    },
    checks: checksOn(screen, facts, names),
    readAt: facts.readAt,
  }
}

const withoutProbe = '. Without it the key can have no destination'

const checksOn = (screen: string, facts: Facts, names: ReadonlyMap<string, string>): FormFacts['checks'] => {
  if (screen === 'key') return [pinCheck(facts), wrapCheck(facts, withoutProbe)]
  if (screen === 'destinations') return [wrapCheck(facts, withoutProbe), ...vaultChecks(facts, names)]
  return screen === 'recipients' && facts.recipients?.read === false
    ? [
        {
          name: 'Folder of yours',
          state: 'failed',
          detail: facts.recipients.because,
          at: facts.recipients.at,
          field: 'recipientFolder',
        },
      ]
    : []
}

const kekOptions = ({ vaults }: Facts): FactOption[] =>
  [...vaults].flatMap(([id, read]) =>
    read.read ? read.value.keks.map((kek) => kekOption(id, read.value.identity.host, kek)) : [],
  )

const kekOption = (vault: string, host: string, { name, version, bits, refusal }: KekFact): FactOption => ({
  value: `${vault} ${name} ${version}`,
  label: `${name} in ${host}`,
  detail: `version ${version.slice(0, 8)}, ${bits} bits`,
  usable: refusal === null,
  ...(refusal === null ? {} : { reason: refusal }),
})

const replaceable = ({ shownKeys }: Facts): FactOption[] =>
  !shownKeys.read
    ? []
    : shownKeys.value.map(({ id, label, words }, _, all) => ({
        value: id,
        label: label === '' ? id : label,
        detail: `${words}, id ${id.slice(0, 24)}`,
        ...usableAs(id, all),
      }))

const usableAs = (id: string, all: readonly { id: string }[]): Pick<FactOption, 'usable' | 'reason'> => {
  if (id === '') return { usable: false, reason: 'it has no id, which tells keys apart' }
  return all.filter((one) => one.id === id).length > 1
    ? { usable: false, reason: 'another key has the same id' }
    : { usable: true }
}

const tokenShown = (facts: Facts): FormFacts['shown'] => {
  return [
    ...tokenFacts(facts),
    probeShown(facts),
    shownOf(facts.shownKeys, 'Public keys on the token', (keys) => String(keys.length)),
  ]
}

const vaultShown = (facts: Facts): FormFacts['shown'] => {
  const reads = [...facts.vaults.values()]
  const found = reads.flatMap((read) => (read.read ? read.value.keks : []))
  return [
    {
      label: 'Keys that wrap imports',
      value:
        reads.length === 0
          ? 'no vault is connected'
          : `${found.length} in ${reads.filter(({ read }) => read).length} of ${reads.length} connected vaults`,
      source: 'the connected vaults',
      at: facts.readAt,
    },
  ]
}

const vaultChecks = ({ vaults, readAt }: Facts, names: ReadonlyMap<string, string>): FormFacts['checks'] =>
  [...vaults].flatMap(([id, read]) =>
    read.read
      ? []
      : [
          {
            name: 'Vault',
            state: 'unknown' as const,
            detail: `${names.get(id) ?? id}, keys: ${read.because}`,
            at: readAt,
            field: null,
          },
        ],
  )
