import type { FormFacts } from '../../../shared/forms/form.ts'
import { probeWords } from '../../../shared/model/hsm.ts'
import type { Warning } from '../../../shared/model/plan.ts'
import type { EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Facts } from './facts-model.ts'
import type { PlannedItem } from './plan-parts.ts'
import { tokenKeyOf, tokenOf } from './plan-token.ts'
import { pinWarnings } from '../hsm/token-notes.ts'
import { probeShown, tokenFacts } from '../hsm/token-shown.ts'
import { wrapUseOf } from '../hsm/wrap-use.ts'

/** What a person should know of the token and of what is in clear where. */
export const tokenWarnings = (
  draft: EscrowDrillDraft,
  facts: Facts,
  items: readonly PlannedItem[],
): Warning[] => {
  const token = tokenOf(facts)
  const keys = items.filter(({ onToken }) => onToken)
  if (token === null || keys.length === 0) return []
  const { target, token: said, probe, shown } = token
  const names = keys.map(({ item }) => item.name).join(', ')
  const here = keys.filter(({ item }) => item.hsm?.serial === said.serial)
  const recovery = draft.purpose === 'recovery'
  return [
    {
      what: `What ${names} is wrapped with is in clear in Keyturn for a moment`,
      why: 'A temporary key of AES: opened in memory, given to the token’s module, then wiped. The key itself is in clear in the token alone; but who gets hold of both the temporary key and the package has it too',
      screen: 'server',
    },
    ...(wrapUseOf(probe).testOnly
      ? [
          {
            what: `${target.name} is for tests only`,
            why: `Its probe says: ${probe === null ? '' : probeWords(probe)}. What works on it shows nothing about another token`,
            screen: 'server',
          },
        ]
      : []),
    ...(here.length > 0
      ? [
          {
            what: `${target.name} is the token that ${here.map(({ item }) => item.name).join(', ')} came from`,
            why: recovery
              ? 'A key that is still there keeps its id: then the run stops before it puts a second one there'
              : 'That the package works where this token is lost is shown on another one',
            screen: 'server',
          },
        ]
      : []),
    ...keys.flatMap(({ item }) => {
      const key = tokenKeyOf(item)
      const hashes = probe?.oaep
      return key?.algorithm === 'RSA' && key.decrypts && hashes?.sha1 !== true && hashes?.sha256 !== true
        ? [
            {
              what: `Whether ${item.name} unwraps is not tried on ${target.name}`,
              why: 'RSA-OAEP does not work on this token. A signature alone shows that it holds the private key',
              screen: 'server',
            },
          ]
        : []
    }),
    ...(recovery
      ? keys.flatMap(({ item }) =>
          shown.some(({ label, id }) => label === item.hsm?.label && id !== item.hsm.keyId)
            ? [
                {
                  what: `${target.name} has another key named ${item.hsm?.label ?? ''}`,
                  why: 'Both stay; the id tells them apart, the name does not',
                  screen: 'server',
                },
              ]
            : [],
        )
      : []),
    ...pinWarnings(token, 'server'),
    ...(recovery ? keys.map(({ item }) => users(item)) : []),
  ]
}

const users = ({ name, azureKids, sqlNames, spkiSha256, kcv }: PlannedItem['item']): Warning => {
  const all = [...azureKids, ...sqlNames]
  return {
    what:
      all.length > 0
        ? `${name} was in use as ${all.join(', ')} when the package was written`
        : `The package names nothing that uses ${name}`,
    why:
      all.length > 0
        ? 'If the key is replaced after the recovery, these need the new one'
        : `It was written before the key was used. The page Keys lists what has the same public key or check value: ${spkiSha256 ?? kcv ?? ''}`,
    screen: null,
  }
}

/** What is read of the token; the same on its screen and beside the plan. */
export const tokenRead = (facts: Facts): FormFacts['shown'][number][] => {
  const token = tokenOf(facts)
  return token === null ? [] : [...tokenFacts(token), probeShown(token)]
}
