import Button from '@mui/material/Button'
import type { SqlConnection } from '../../../shared/ipc/schemas.ts'
import { go, hashOf } from '../../app/routes.ts'
import { fieldId } from '../../fields/field-props.ts'
import { ErrorSummary } from '../../ui/ErrorSummary.tsx'
import { withoutControls } from '../../ui/format.ts'
import { ButtonRow, Column } from '../../ui/Panel.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
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
  const name = before === null ? null : withoutControls(before.name)
  const errorOf = (field: string): string | null =>
    it.errors.find((error) => error.field === field)?.message ?? null
  const part = { form: it.form, change: it.change, errorOf }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void it.submit()
      }}
    >
      <Column sx={{ gap: 8, maxWidth: 880 }}>
        <PageHeader
          title={
            name === null ? (
              'Which SQL Server?'
            ) : (
              <>
                Change the connection <bdi>{name}</bdi>
              </>
            )
          }
          page={name === null ? 'New connection' : 'Edit connection'}
          object={name ?? undefined}
          environment={it.form.environment}
          error={it.errors.length > 0}
          purpose="Saving reads nothing from the server; the test after it does. Answers stay on this computer."
        />
        <ErrorSummary
          attempt={it.attempt}
          errors={it.errors.map(({ field, message }) => ({ elementId: fieldId(field), message }))}
        />
        {it.problem === null ? null : <ProblemPanel problem={it.problem} />}
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
        <ButtonRow>
          <Button type="submit" variant="contained" aria-disabled={it.busy}>
            {it.busy ? 'Saving …' : 'Save connection'}
          </Button>
          <Button
            variant="text"
            onClick={() => go(before === null ? hashOf.connections : hashOf.connection(before.id))}
          >
            Cancel
          </Button>
        </ButtonRow>
      </Column>
    </form>
  )
}
