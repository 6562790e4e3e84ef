import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import { useStore } from 'zustand'
import { languageOfText, languageWords } from '../../shared/model/script.ts'
import type { PreviewStatement } from '../../shared/ipc/schemas.ts'
import { headerHeight, lowWindow } from '../theme/GlobalLook.tsx'
import { count } from '../ui/format.ts'
import { Muted, PanelHeading, SmallHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { ScriptText } from '../ui/ScriptText.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import type { DraftStore } from './draft-store.ts'
import { usePreview } from './use-preview.ts'

const Pane = styled('aside')(({ theme }) => ({
  position: 'sticky',
  top: headerHeight + 16,
  width: 'min(44%, 560px)',
  flex: 'none',
  maxHeight: `calc(100vh - ${headerHeight + 40}px)`,
  overflow: 'auto',
  border: `1px solid ${theme.vars.palette.surface.line}`,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.background.paper,
  padding: 16,
  [lowWindow]: { position: 'static', maxHeight: 'none' },
  '@media (max-width: 1099.95px)': { position: 'static', width: '100%', maxHeight: 'none', padding: 12 },
}))
const Folding = styled('div')({ '@media (min-width: 1100px)': { display: 'none' } })
const Body = styled('div')<{ opened: boolean }>(({ opened }) => ({
  display: 'flex',
  flexDirection: 'column',
  gap: 12,
  '@media (max-width: 1099.95px)': opened ? { marginTop: 12 } : { display: 'none' },
}))
const Statement = styled('section')<{ changed: boolean }>(({ theme, changed }) => ({
  borderInlineStart: `3px solid ${changed ? theme.vars.palette.primary.main : 'transparent'}`,
  paddingInlineStart: 8,
  minWidth: 0,
}))

const StatementText = ({ statement }: { statement: PreviewStatement }) => (
  <Statement changed={statement.changed}>
    <SmallHeading sx={{ fontSize: '0.875rem' }}>
      {statement.title} {statement.changed ? <Muted>· changed</Muted> : null}
    </SmallHeading>
    <ScriptText text={statement.text} label={statement.title} />
  </Statement>
)

/** Blanks that no answer fills: main does when it makes the plan. */
const ofTheReview = /‹(?:mark|date)›/g

/** The script that the answers so far would send. It follows typing quietly: no motion, no live region, no focus. */
export const ScriptPane = ({ store }: { store: DraftStore }) => {
  const [opened, setOpened] = useState(false)
  const dirty = useStore(store, (state) => state.dirty)
  const { value, problem, stale } = usePreview(store)
  const statements = value?.statements ?? []
  const blank = statements.some(({ text }) => text.replaceAll(ofTheReview, '').includes('‹'))
  const languages = [...new Set(statements.map(({ text }) => languageWords[languageOfText(text)]))]
  const later = statements.some(({ text }) => text.search(ofTheReview) !== -1)
  return (
    <Pane aria-label="Script">
      <Folding>
        <Button variant="outlined" size="small" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          Script
        </Button>{' '}
        <Muted>{count(statements.length, 'statement')}</Muted>
      </Folding>
      <Body opened={opened}>
        <PanelHeading>Script ({languages.join(', ') || languageWords.tsql})</PanelHeading>
        <Muted>
          {problem !== null
            ? 'Not made'
            : value === null
              ? 'Making the script …'
              : dirty || stale
                ? 'From before the last change'
                : blank
                  ? 'Incomplete: ‹blanks› wait for answers'
                  : `${count(statements.length, 'statement')}, as the answers stand${later ? '; the review fills in mark and date' : ''}`}
        </Muted>
        {problem === null ? null : <ProblemPanel problem={problem} />}
        {value === null || value.refused === null ? null : (
          <StatusMark mark="attention" word={`No script for these answers: ${value.refused}`} />
        )}
        {statements.map((statement, index) => (
          <StatementText key={`${index} ${statement.title}`} statement={statement} />
        ))}
      </Body>
    </Pane>
  )
}
