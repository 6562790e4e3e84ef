import type { AzureConnection } from '../../../shared/ipc/schemas.ts'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import { ConnectionPage } from '../form/ConnectionPage.tsx'
import { FormSection } from '../form/FormSection.tsx'
import { NameFields } from '../form/NameFields.tsx'
import { SignInSecret } from '../form/SignInSecret.tsx'
import type { AzureFormState } from './azure-form-state.ts'
import { azurePurpose, fields } from './texts.ts'
import { useAzureForm } from './use-azure-form.ts'

/** An Azure subscription, as a person describes it. */
export const AzureForm = ({ before }: { before: AzureConnection | null }) => {
  const it = useAzureForm(before)
  const { form, change, saving, secretField } = it
  const clientField =
    form.signIn === 'azure-cli'
      ? null
      : form.signIn === 'device-code' || form.signIn === 'managed-identity'
        ? fields.optionalClientId
        : fields.clientId
  return (
    <ConnectionPage
      before={before}
      question="Which Azure subscription?"
      purpose={azurePurpose}
      environment={form.environment}
      saving={saving}
      onSubmit={() => void it.submit()}
    >
      <FormSection title="Subscription">
        <NameFields fields={fields} form={form} change={change} errorOf={saving.errorOf} />
        <ChoiceAnswer
          field={fields.cloud}
          value={form.cloud}
          onChange={(cloud) => change({ cloud: cloud as AzureFormState['cloud'] })}
          error={saving.errorOf('cloud')}
        />
        <TextAnswer
          field={fields.tenantId}
          value={form.tenantId}
          onChange={(tenantId) => change({ tenantId: String(tenantId) })}
          error={saving.errorOf('tenantId')}
        />
        <TextAnswer
          field={fields.subscriptionId}
          value={form.subscriptionId}
          onChange={(subscriptionId) => change({ subscriptionId: String(subscriptionId) })}
          error={saving.errorOf('subscriptionId')}
        />
      </FormSection>
      <FormSection title="Sign-in">
        <ChoiceAnswer
          field={fields.signIn}
          value={form.signIn}
          onChange={(signIn) => change({ signIn: signIn as AzureFormState['signIn'] })}
          error={saving.errorOf('signIn.kind')}
        />
        {clientField === null ? null : (
          <TextAnswer
            field={clientField}
            value={form.clientId}
            onChange={(clientId) => change({ clientId: String(clientId) })}
            error={saving.errorOf('signIn.clientId')}
          />
        )}
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
