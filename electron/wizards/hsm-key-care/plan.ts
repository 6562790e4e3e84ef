import type { HsmKeyCareDraft } from '../../../shared/forms/hsm-key-care-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import type { TokenKeyFact } from '../../ports/token-readings.ts'
import {
  destroyHalf,
  findNothing,
  logIn,
  script,
  setLabel,
  type KeyClass,
} from '../../scripts/pkcs11/calls.ts'
import { numbered, secretsOf, type Draftstep } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import { isLast, linesOf } from './copy-words.ts'
import type { Facts } from './facts-model.ts'

/** Pure: the same draft, facts and run id give the same plan. Order and risks: README.md. */
export const planHsmKeyCare = (draft: HsmKeyCareDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const { target, key } = facts
  const name = key === null ? '‹key›' : nameOf(key)
  const steps = numbered(
    key === null ? [] : draft.task === 'label' ? labelSteps(draft, facts, key) : destroySteps(facts, key),
    target,
  )
  const pin = draft.pinMode === 'typed' ? draft.pin : facts.keptPin
  const plan: Plan = {
    format: 1,
    job: 'hsm-key-care',
    runId,
    title:
      draft.task === 'label'
        ? `Label of ${name} on ${target.name}: ${draft.newLabel}`
        : `Destroy ${name} on ${target.name}`,
    targets: [{ ref: target, identity: { ...facts.identity } }],
    steps,
    secrets: secretsOf(
      steps,
      (hole) => (hole === 'hsm_pin' && pin !== null ? { handle: pin, target } : null),
      facts.secrets,
    ),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts) }
}

/** Label, or the id of a key that has none. */
export const nameOf = ({ label, id }: Pick<TokenKeyFact, 'label' | 'id'>): string =>
  label === '' ? `key ${id}` : label

const foundOf = ({ id, label, spkiSha256, checkValue }: TokenKeyFact) => ({
  keyId: id,
  label,
  spkiSha256,
  checkValue,
})

const halfWords: Readonly<Record<KeyClass, string>> = {
  private: 'private half',
  public: 'public half',
  secret: 'secret key',
}

const labelSteps = (draft: HsmKeyCareDraft, { target }: Facts, key: TokenKeyFact): Draftstep[] => {
  const { newLabel } = draft
  const { id } = key
  const halves = key.halves.map((half) => ({ class: half.class, label: half.label }))
  const unnamed = halves.some(({ label }) => label === '')
  const before = halves.map((half) => `${halfWords[half.class]}: ${half.label === '' ? 'none' : half.label}`)
  return [
    {
      kind: 'label-hsm-key',
      title: `Set the label of ${nameOf(key)} to ${newLabel}`,
      now: before.join('; '),
      after: halves.map((half) => `${halfWords[half.class]}: ${newLabel}`).join('; '),
      scripts: [script(logIn(), ...halves.map((half) => setLabel(half.class, id, newLabel)))],
      params: { ...foundOf(key), newLabel, halves },
      permission: `The PIN of the user of ${target.name}`,
      undo: unnamed
        ? { can: false, because: 'A half has no label now, and an empty one can’t be set' }
        : {
            can: true,
            action: 'Set the old label on each half',
            script: script(logIn(), ...halves.map((half) => setLabel(half.class, id, half.label))),
          },
      resume: 'before-image',
      stopNow: null,
    },
  ]
}

const destroySteps = (facts: Facts, key: TokenKeyFact): Draftstep[] => {
  const { target, identity } = facts
  const { id } = key
  const classes = key.halves.map((half) => half.class)
  const last = isLast(facts)
  const permission = `The PIN of the user of ${target.name}`
  return [
    ...classes.map((half, index): Draftstep => {
      const left = classes.slice(index + 1)
      return {
        kind: 'destroy-hsm-half',
        title: `Destroy the ${halfWords[half]} of ${nameOf(key)}`,
        now: `${target.name} has it under the id ${id}`,
        after:
          left.length > 0
            ? 'It is gone for good: nothing is opened or signed with it any more. The public half is still there'
            : 'It is gone for good',
        scripts: [script(...(index === 0 ? [logIn()] : []), destroyHalf(half, id))],
        params: {
          ...foundOf(key),
          half,
          there: classes.slice(index),
          first: index === 0,
          lastKnown: last,
          serial: identity.serial,
        },
        permission,
        undo: { can: false, because: 'A token gives a destroyed key back to nobody' },
        resume: 'before-image',
        stopNow: null,
      }
    }),
    {
      kind: 'prove-hsm-key-gone',
      title: `Look for ${nameOf(key)} in a new session`,
      now: 'The session in which it was destroyed finds nothing of it',
      after: 'A new one finds nothing of it either',
      scripts: [script(logIn(), findNothing(id))],
      params: foundOf(key),
      permission,
      undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
      resume: 'named',
      stopNow: null,
    },
  ]
}

/** Words for what changed, should it change between review and run. */
const reliedOn = (draft: HsmKeyCareDraft, facts: Facts): ReliedFact[] => {
  const { target, key, copies } = facts
  const fact = (name: string, value: string): ReliedFact => ({ target: target.name, fact: name, value })
  return [
    fact('Firmware', facts.token.firmware),
    ...(key === null
      ? []
      : [
          fact(
            `Key ${key.id}`,
            `${key.type}, ${key.spkiSha256 ?? key.checkValue ?? 'no public key'}, ${key.halves
              .map((half) => `${half.class} “${half.label}”`)
              .join(', ')}, ${key.sameId} others with its id`,
          ),
        ]),
    ...(draft.task === 'destroy' && copies !== null
      ? [fact(`Copies of ${draft.key}`, linesOf(copies).join('; ') || 'none known')]
      : []),
  ]
}
