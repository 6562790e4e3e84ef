import Button from '@mui/material/Button'
import { useEffect, useState } from 'react'
import type { AzureConnection, VaultConnection } from '../../../shared/ipc/schemas.ts'
import { go, hashOf, setLeaveGuard } from '../../app/routes.ts'
import { ask } from '../../bridge/index.ts'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { Column } from '../../ui/Panel.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { ConnectionPage } from '../form/ConnectionPage.tsx'
import { FormSection } from '../form/FormSection.tsx'
import { NameFields } from '../form/NameFields.tsx'
import { useSaving } from '../form/use-saving.ts'
import { vaultAnswers, vaultFormState, vaultProblems, type VaultFormState } from './azure-form-state.ts'
import { azureField, azurePurpose, fields } from './texts.ts'

interface Props {
  /** Null: a new connection. */
  before: VaultConnection | null
  choices: readonly AzureConnection[]
}

/** A key vault or managed HSM, as a person describes it. */
export const VaultForm = ({ before, choices }: Props) =>
  choices.length === 0 ? <NoSignIn /> : <Form before={before} choices={choices} />

const NoSignIn = () => (
  <Column>
    <PageHeader title="Which key vault?" page="New connection" />
    <EmptyState
      title="An Azure connection comes first"
      action={
        <Button variant="contained" onClick={() => go(hashOf.newAzure)}>
          Add Azure subscription
        </Button>
      }
    >
      A vault is opened with the sign-in of an Azure connection, and none is kept yet.
    </EmptyState>
  </Column>
)

const Form = ({ before, choices }: Props) => {
  const [only] = choices
  const [start] = useState(() => vaultFormState(before, choices.length === 1 ? (only?.id ?? '') : ''))
  const [form, setForm] = useState(start)
  const saving = useSaving()
  const change = (part: Partial<VaultFormState>) => {
    const next = { ...form, ...part }
    setForm(next)
    saving.again(vaultProblems(next))
  }
  const unsaved = JSON.stringify(form) !== JSON.stringify(start)
  useEffect(() => {
    setLeaveGuard(() => (unsaved ? 'What you changed on this page is not saved.' : null))
    return () => setLeaveGuard(null)
  }, [unsaved])
  const submit = () =>
    saving.save(vaultProblems(form), async () => {
      const { id } = await ask('connections.save', { id: before?.id ?? null, connection: vaultAnswers(form) })
      setLeaveGuard(null)
      go(hashOf.connection(id))
    })
  return (
    <ConnectionPage
      before={before}
      question="Which key vault?"
      purpose={azurePurpose}
      environment={form.environment}
      saving={saving}
      onSubmit={() => void submit()}
    >
      <FormSection title="Vault">
        <NameFields fields={fields} form={form} change={change} errorOf={saving.errorOf} />
        <TextAnswer
          field={fields.host}
          value={form.host}
          onChange={(host) => change({ host: String(host) })}
          error={saving.errorOf('host')}
        />
        <ChoiceAnswer
          field={azureField(choices)}
          value={form.azure}
          onChange={(azure) => change({ azure: String(azure) })}
          error={saving.errorOf('azure')}
        />
      </FormSection>
    </ConnectionPage>
  )
}
