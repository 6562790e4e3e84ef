import type { ReactNode } from 'react'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import type { FormState } from './form-state.ts'
import { FormSection } from './FormSection.tsx'
import type { PartProps } from './ServerFields.tsx'
import { fields } from './texts.ts'
import { WindowsSignIn } from './WindowsSignIn.tsx'

const Account = ({ form, change, errorOf }: PartProps) => {
  switch (form.signIn) {
    case 'sql-login':
      return (
        <TextAnswer
          field={fields.user}
          value={form.user}
          onChange={(user) => change({ user: String(user) })}
          error={errorOf('authentication.user')}
        />
      )
    case 'ntlm':
      return (
        <>
          <TextAnswer
            field={fields.domain}
            value={form.domain}
            onChange={(domain) => change({ domain: String(domain) })}
            error={errorOf('authentication.domain')}
          />
          <TextAnswer
            field={fields.ntlmUser}
            value={form.user}
            onChange={(user) => change({ user: String(user) })}
            error={errorOf('authentication.user')}
          />
        </>
      )
    case 'entra-service-principal':
      return (
        <>
          <TextAnswer
            field={fields.tenantId}
            value={form.tenantId}
            onChange={(tenantId) => change({ tenantId: String(tenantId) })}
            error={errorOf('authentication.tenantId')}
          />
          <TextAnswer
            field={fields.clientId}
            value={form.clientId}
            onChange={(clientId) => change({ clientId: String(clientId) })}
            error={errorOf('authentication.clientId')}
          />
        </>
      )
    case 'entra-default':
      return null
  }
}

/** As whom Keyturn connects. `secret` is the field of the password, which this part never sees. */
export const SignInFields = ({ secret, ...props }: PartProps & { secret: ReactNode }) => (
  <FormSection title="Sign-in">
    <ChoiceAnswer
      field={fields.signIn}
      value={props.form.signIn}
      onChange={(signIn) => props.change({ signIn: signIn as FormState['signIn'] })}
      error={props.errorOf('authentication.kind')}
    />
    <Account {...props} />
    {secret}
    <WindowsSignIn />
  </FormSection>
)
