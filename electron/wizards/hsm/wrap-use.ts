import type { KeptProbe } from '../../../shared/model/hsm.ts'
import type { HsmKeyWrapMechanism } from '../../ports/hsm.ts'

/** Only what a probe saw is used; without one there is a blocker, and the preview shows the standard's own name. */
export const wrapUseOf = (
  probe: KeptProbe | null,
): { mechanism: HsmKeyWrapMechanism; testOnly: boolean } => ({
  mechanism:
    probe?.use?.mechanism === 'CKM_AES_KEY_WRAP_PAD' ? 'CKM_AES_KEY_WRAP_PAD' : 'CKM_AES_KEY_WRAP_KWP',
  testOnly: probe?.use?.verdict === 'zero-padded',
})
