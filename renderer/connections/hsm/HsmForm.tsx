import type { HsmConnection } from '../../../shared/ipc/schemas.ts'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { ConnectionPage } from '../form/ConnectionPage.tsx'
import { FormSection } from '../form/FormSection.tsx'
import { NameFields } from '../form/NameFields.tsx'
import { SignInSecret } from '../form/SignInSecret.tsx'
import { useSignInForm } from '../form/use-sign-in-form.ts'
import { hsmAnswers, hsmFormState, hsmProblems, isMoved, type HsmFormState } from './hsm-form-state.ts'
import { ModuleSection } from './ModuleSection.tsx'
import { fields, hsmPurpose, pinField } from './texts.ts'

const words = {
  dropped: 'The kept PIN was dropped; enter it again',
  willDrop: 'Module or token changed, so the kept PIN is dropped on saving; enter it again',
  typed: 'The PIN that you typed and other changes on this page are not saved.',
}

/** A token behind a PKCS#11 module, as a person describes it. */
export const HsmForm = ({ before }: { before: HsmConnection | null }) => {
  const it = useSignInForm<HsmFormState>({
    before: before === null ? null : { id: before.id, handle: before.pin },
    stored: () => hsmFormState(before),
    begun: () => hsmFormState(before),
    answersOf: hsmAnswers,
    problemsIn: (form) => hsmProblems(form, before === null),
    isMoved: (form) => before !== null && isMoved(before, form),
    secretFieldOf: (signIn) => (signIn === 'kept' ? pinField : null),
    words,
  })
  const { form, change, saving, secretField } = it
  return (
    <ConnectionPage
      before={before}
      question="Which HSM token?"
      purpose={hsmPurpose}
      environment={form.environment}
      saving={saving}
      onSubmit={() => void it.submit()}
    >
      <FormSection title="Connection">
        <NameFields fields={fields} form={form} change={change} errorOf={saving.errorOf} />
      </FormSection>
      <ModuleSection
        module={form.module}
        serial={form.serial}
        present={before?.module ?? null}
        errorOf={saving.errorOf}
        onModule={(module) => change({ module, serial: '', label: '' })}
        onToken={({ serial, label }) => change({ serial, label })}
      />
      <FormSection title="PIN">
        <ChoiceAnswer
          field={fields.signIn}
          value={form.signIn}
          onChange={(signIn) => change({ signIn: signIn as HsmFormState['signIn'] })}
          error={saving.errorOf('signIn')}
        />
        {secretField === null ? null : (
          <SignInSecret
            key={secretField.name}
            field={secretField}
            control={it.secret}
            kept={it.kept}
            again={it.again}
            error={saving.errorOf(secretField.name)}
            onReplace={it.replaceSecret}
            onTyped={it.secretTyped}
          />
        )}
      </FormSection>
    </ConnectionPage>
  )
}
