import { openRegister, type EscrowRegister } from '../../electron/escrow/register.ts'
import type { ShareGroupId } from '../../shared/model/ids.ts'
import type { TestGroup } from './escrow-package.ts'

/** Puts a group whose ceremony is over into a list of a profile, in the steps that a ceremony takes. */
export const registerGroup = async (
  register: EscrowRegister,
  { group }: TestGroup,
): Promise<ShareGroupId> => {
  const { facts, spki, sealedPrivateKey } = group
  await register.addGroup({ ...facts, state: 'in-ceremony', identifier: null, spkiSha256: null, keyId: null })
  await register.changeGroup(facts.id, () => facts, { spki, sealedPrivateKey })
  return facts.id
}

/** The same for a profile that no program has open. */
export const registerGroupIn = async (profileFolder: string, group: TestGroup): Promise<ShareGroupId> =>
  registerGroup(await openRegister(profileFolder), group)
