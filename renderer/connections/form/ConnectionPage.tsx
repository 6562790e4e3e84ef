import Button from '@mui/material/Button'
import type { ReactNode } from 'react'
import { go, hashOf } from '../../app/routes.ts'
import { fieldId } from '../../fields/field-props.ts'
import { ErrorSummary } from '../../ui/ErrorSummary.tsx'
import { withoutControls } from '../../ui/format.ts'
import { ButtonRow, Column } from '../../ui/Panel.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import type { Saving } from './use-saving.ts'

interface Props {
  /** Null: a new connection. */
  before: { id: string; name: string } | null
  /** The question of a new one. */
  question: string
  purpose: string
  environment: 'production' | 'test'
  saving: Saving
  onSubmit: () => void
  children: ReactNode
}

/** Head, summary and buttons of a connection's form. Nothing is connected to until it is tested. */
export const ConnectionPage = (props: Props) => {
  const { before, environment, saving } = props
  const name = before === null ? null : withoutControls(before.name)
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        props.onSubmit()
      }}
    >
      <Column sx={{ gap: 8, maxWidth: 880 }}>
        <PageHeader
          title={
            name === null ? (
              props.question
            ) : (
              <>
                Change the connection <bdi>{name}</bdi>
              </>
            )
          }
          page={name === null ? 'New connection' : 'Edit connection'}
          object={name ?? undefined}
          environment={environment}
          error={saving.errors.length > 0}
          purpose={props.purpose}
        />
        <ErrorSummary
          attempt={saving.attempt}
          errors={saving.errors.map(({ field, message }) => ({ elementId: fieldId(field), message }))}
        />
        {saving.problem === null ? null : <ProblemPanel problem={saving.problem} />}
        {props.children}
        <ButtonRow>
          <Button type="submit" variant="contained" aria-disabled={saving.busy}>
            {saving.busy ? 'Saving …' : 'Save connection'}
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
