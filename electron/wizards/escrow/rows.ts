import type { FactOption } from '../../../shared/forms/form.ts'
import type { ShareGroup } from '../../../shared/model/escrow.ts'
import { stateWords } from './blockers.ts'
import type { RecipientFolder } from './recipients.ts'

/** `refusal`: why it can’t be chosen; by default, whatever is not active. */
export const groupRow = (
  group: ShareGroup,
  refusal: string | null = group.state === 'active' ? null : stateWords[group.state],
): FactOption => ({
  value: group.id,
  label: group.name,
  usable: refusal === null,
  ...(refusal === null ? {} : { reason: refusal }),
  facts: {
    Id: group.id,
    Needed: `${group.threshold} of ${group.members.length}`,
    Holders: group.members.map(({ name }) => name).join(', '),
  },
})

export const fileRows = (folder: RecipientFolder | null): FactOption[] =>
  (folder?.names ?? []).map((name) => {
    const read = folder?.chosen.find(({ file }) => file === name)
    return {
      value: name,
      label: name,
      usable: read === undefined || read.problem === null,
      ...(read === undefined || read.problem === null ? {} : { reason: read.problem }),
      ...(read === undefined || read.facts === null
        ? {}
        : {
            facts: {
              Subject: read.facts.subject,
              Key: `RSA ${read.facts.bits} bits`,
              'Valid (UTC)': `${read.facts.notBefore.toISOString().slice(0, 10)} to ${read.facts.notAfter.toISOString().slice(0, 10)}`,
              'Key usage': read.keyUsage === null ? 'not limited' : read.keyUsage.join(', '),
            },
          }),
    }
  })
