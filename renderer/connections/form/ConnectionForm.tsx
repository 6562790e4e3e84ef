import type { SqlConnection } from '../../../shared/ipc/schemas.ts'
import { ConnectionPage } from './ConnectionPage.tsx'
import { EncryptionFields } from './EncryptionFields.tsx'
import { ServerFields } from './ServerFields.tsx'
import { SignInFields } from './SignInFields.tsx'
import { SignInSecret } from './SignInSecret.tsx'
import { useConnectionForm } from './use-connection-form.ts'

interface Props {
  /** Null: a new connection. */
  before: SqlConnection | null
  /** A certificate to put in as the trust; null: as stored. */
  pin: string | null
}

/** A SQL Server, as a person describes it. Nothing is connected to until it is tested. */
export const ConnectionForm = ({ before, pin }: Props) => {
  const it = useConnectionForm(before, pin)
  const { errorOf } = it.saving
  const part = { form: it.form, change: it.change, errorOf }
  return (
    <ConnectionPage
      before={before}
      question="Which SQL Server?"
      purpose="Saving reads nothing from the server; the test after it does. Answers stay on this computer."
      environment={it.form.environment}
      saving={it.saving}
      onSubmit={() => void it.submit()}
    >
      <ServerFields {...part} />
      <EncryptionFields {...part} />
      <SignInFields
        {...part}
        secret={
          it.secretField === null ? null : (
            <SignInSecret
              key={it.secretField.name}
              field={it.secretField}
              control={it.secret}
              kept={it.kept}
              again={it.again}
              error={errorOf(it.secretField.name)}
              onReplace={it.replaceSecret}
              onTyped={it.secretTyped}
            />
          )
        }
      />
    </ConnectionPage>
  )
}
