import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import { hashOf } from '../app/routes.ts'
import { snack } from '../app/state/notices.ts'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Column, Muted, Panel, PanelHeading, SmallHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { DraftRow } from './DraftRow.tsx'
import { laterJobs } from './later-jobs.ts'

const Doors = styled('ul')({
  listStyle: 'none',
  padding: 0,
  display: 'grid',
  gap: 12,
  gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))',
})
const Door = styled('li')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.primary.main}`,
  borderRadius: 4,
  padding: 16,
  backgroundColor: theme.vars.palette.background.paper,
  display: 'flex',
  flexDirection: 'column',
  gap: 4,
}))
const Later = styled('ul')({ paddingInlineStart: 20, '& li + li': { marginTop: 4 } })
const Rows = styled('ul')({ listStyle: 'none', padding: 0 })

const Drafts = () => {
  const drafts = useAsk('wizard.drafts', {})
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const restore = useAction(async (id: string) => {
    await ask('wizard.restoreDraft', { draft: id })
    setHidden((old) => new Set([...old].filter((other) => other !== id)))
    drafts.reload()
  })
  const remove = useAction(async (id: string) => {
    await ask('wizard.deleteDraft', { draft: id })
    setHidden((old) => new Set([...old, id]))
    snack('Draft deleted', {
      label: 'Undo',
      act: () => void restore.run(id),
    })
  })
  const problem = drafts.problem ?? remove.problem ?? restore.problem
  const shown = (drafts.value ?? []).filter(({ id }) => !hidden.has(id))
  return (
    <Panel>
      <PanelHeading>Drafts</PanelHeading>
      {problem === null ? null : <ProblemPanel problem={problem} />}
      {drafts.state === 'loading' ? <p role="status">Reading drafts …</p> : null}
      {drafts.value !== null && shown.length === 0 ? (
        <Muted>No drafts. Answers are saved while you type, so that you can leave a job and come back.</Muted>
      ) : null}
      <Rows>
        {shown.map((draft) => (
          <DraftRow key={draft.id} draft={draft} onDelete={() => void remove.run(draft.id)} />
        ))}
      </Rows>
    </Panel>
  )
}

const Jobs = () => {
  const jobs = useAsk('wizard.jobs', {})
  if (jobs.problem !== null) return <ProblemPanel problem={jobs.problem} />
  if (jobs.value === null) return <p role="status">Reading the jobs …</p>
  return (
    <Doors>
      {jobs.value.map(({ job, title, summary }) => (
        <Door key={job}>
          <SmallHeading as="h2">
            <Link href={hashOf.newWizard(job)}>{title}</Link>
          </SmallHeading>
          <Muted>{summary}</Muted>
        </Door>
      ))}
    </Doors>
  )
}

/** The jobs, and what was begun. */
const SetupPage = () => (
  <Column>
    <PageHeader
      title="What do you want to set up?"
      page="Set up"
      purpose="Each job shows every statement before it runs, and reads back what it did."
    />
    <Jobs />
    <Drafts />
    <EmptyState title="Not in this version">
      <Later>
        {laterJobs.map(({ name, does }) => (
          <li key={name}>
            <strong>{name}</strong>: {does}
          </li>
        ))}
      </Later>
    </EmptyState>
  </Column>
)
export default SetupPage
