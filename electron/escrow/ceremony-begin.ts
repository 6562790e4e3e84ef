import type { CeremonyPlan } from '../../shared/model/ceremony.ts'
import type { ShareGroupId } from '../../shared/model/ids.ts'
import type { CeremonyRecord } from './ceremony-record.ts'
import { begunBody, newGroup } from './ceremony-state.ts'
import type { EscrowRegister } from './register.ts'

/**
 * Lists the group and says in the record that its ceremony began. Where the record refuses, there is nothing that a
 * start could complete: the group, which has no key yet, is void at once. Errors of the register and of the record.
 */
export const beginGroup = async (
  { record, register }: { record: CeremonyRecord; register: EscrowRegister },
  group: ShareGroupId,
  plan: CeremonyPlan,
  began: string,
): Promise<void> => {
  await register.addGroup(newGroup(group, plan, began))
  try {
    record.append({ kind: 'ceremony-begun', outcome: 'done', body: begunBody(group, plan) })
  } catch (thrown) {
    // A register that refuses as well is brought in order by the next start.
    await register.changeGroup(group, (facts) => ({ ...facts, state: 'void' })).catch(() => undefined)
    throw thrown
  }
}
