import type { ChoiceField, SecretField } from '../../../shared/forms/form.ts'
import { pinWords, type HsmModuleChoice, type HsmTokenShown } from '../../../shared/model/hsm.ts'
import { fields as common } from '../form/texts.ts'

const choice = (field: Omit<ChoiceField, 'kind'>): ChoiceField => ({ kind: 'choice', ...field })

export const hsmPurpose =
  'A module is looked at before it is loaded, and loaded in a process of its own. No PIN is tried on this page.'

/** Names are the paths under which main names what needs a change. */
export const fields = {
  name: common.name,
  environment: choice({
    ...common.environment,
    options: [
      { value: 'production', label: 'Production', detail: 'People work with what these keys protect' },
      { value: 'test', label: 'Test', detail: 'A mistake here costs nothing but time' },
    ],
  }),
  signIn: choice({
    name: 'signIn',
    label: 'PIN',
    why: 'Jobs on the token’s keys log in as its user, once for each run',
    options: [
      { value: 'kept', label: 'Keep it', detail: 'In the keyring of this computer, for this token only' },
      { value: 'asked', label: 'Ask for it in each job', detail: 'Nothing is kept with the connection' },
    ],
  }),
} as const

export const moduleField = (modules: readonly HsmModuleChoice[]): ChoiceField =>
  choice({
    name: 'module',
    label: 'Module',
    why: 'The vendor’s PKCS#11 library: it sees the PIN, so its file is pinned by hash, and another file is refused',
    options: modules.map(({ id, path, product }) => ({
      value: id,
      label: product ?? 'Chosen file',
      detail: path,
    })),
  })

export const tokenField = (tokens: readonly HsmTokenShown[]): ChoiceField =>
  choice({
    name: 'serial',
    label: 'Token',
    why: 'The serial number decides; labels and slots may change',
    options: tokens.map(({ serial, label, manufacturer, model, firmware, pin }) => ({
      value: serial,
      label: `${label} (serial ${serial})`,
      detail: `${manufacturer} ${model}, firmware ${firmware}. PIN: ${pinWords[pin]}`,
    })),
  })

export const pinField: SecretField = {
  kind: 'secret',
  name: 'pin',
  label: 'PIN',
  why: 'Of the token’s user. It is not tried when it is saved: the probe on the connection’s page does that, once',
  purpose: 'hsm.pin',
  secretRule: 'token-pin',
  canGenerate: false,
  existing: true,
}
