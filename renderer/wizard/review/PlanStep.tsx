import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useId, useState } from 'react'
import type { PlannedStep, UndoNote } from '../../../shared/model/plan.ts'
import { displayScript, languageWords } from '../../../shared/model/script.ts'
import { isLasting, undoWords } from '../../../shared/model/undo-words.ts'
import { withoutControls } from '../../ui/format.ts'
import { ButtonRow, Muted } from '../../ui/Panel.tsx'
import { ScriptText } from '../../ui/ScriptText.tsx'
import { StatusMark, type Mark } from '../../ui/StatusMark.tsx'

const Item = styled('li')(({ theme }) => ({
  display: 'flex',
  gap: 12,
  padding: '12px 0',
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
}))
const Number = styled('span')({ width: 28, flex: 'none', textAlign: 'end', fontWeight: 600 })
const Body = styled('div')({ flex: '1 1 0', minWidth: 0, display: 'flex', flexDirection: 'column', gap: 4 })
const Title = styled('h4')({ fontSize: '0.875rem', lineHeight: '20px', fontWeight: 600 })
const Change = styled('dl')({
  display: 'grid',
  gridTemplateColumns: 'max-content 1fr',
  gap: '2px 12px',
  '@media (max-width: 560px)': { gridTemplateColumns: '1fr' },
})
const Term = styled('dt')(({ theme }) => ({ color: theme.vars.palette.text.secondary }))
const Was = styled('dd')(({ theme }) => ({
  justifySelf: 'start',
  backgroundColor: theme.vars.palette.tint.blocked,
  paddingInline: 4,
}))
const Will = styled('dd')(({ theme }) => ({
  justifySelf: 'start',
  backgroundColor: theme.vars.palette.tint.ok,
  paddingInline: 4,
}))
const Scripts = styled('div')({ display: 'flex', flexDirection: 'column', gap: 8, marginTop: 4 })

const undoMark = (undo: UndoNote): Mark =>
  isLasting(undo) ? 'attention' : undo.can === false ? 'skipped' : 'undo'

/** One step of the plan: what it changes, the right it uses, whether it can be undone, and its exact script. */
export const PlanStep = ({ step, number }: { step: PlannedStep; number: number }) => {
  const id = useId()
  const [open, setOpen] = useState(false)
  const undoScript = step.undo.can === false ? null : step.undo.script
  return (
    <Item>
      <Number>{number}</Number>
      <Body>
        <Title>
          <bdi>{withoutControls(step.title)}</bdi>
        </Title>
        <Change>
          <Term>Now</Term>
          <Was>− {withoutControls(step.now)}</Was>
          <Term>After</Term>
          <Will>+ {withoutControls(step.after)}</Will>
          <Term>Right used</Term>
          <dd>{step.permission}</dd>
        </Change>
        <StatusMark mark={undoMark(step.undo)} word={withoutControls(undoWords(step.undo))} />
        {step.stopNow === null ? null : (
          <Muted>Can be stopped in the middle; that leaves: {step.stopNow.leaves}</Muted>
        )}
        <ButtonRow>
          <Button
            size="small"
            variant="text"
            aria-expanded={open}
            aria-controls={id}
            onClick={() => setOpen(!open)}
          >
            {open ? 'Hide script' : 'Show script'} of step {number}
          </Button>
        </ButtonRow>
        {open ? (
          <Scripts id={id}>
            <Muted>
              {step.scripts[0] === undefined
                ? 'No statement: this step only reads'
                : [...new Set(step.scripts.map(({ language }) => languageWords[language]))].join(', ')}
            </Muted>
            {step.scripts.map((script, index) => (
              <ScriptText key={index} text={displayScript(script)} label={`Script of step ${number}`} />
            ))}
            {undoScript === null ? null : (
              <>
                <Muted>Script of its undo</Muted>
                <ScriptText text={displayScript(undoScript)} label={`Undo of step ${number}`} />
              </>
            )}
          </Scripts>
        ) : null}
      </Body>
    </Item>
  )
}
