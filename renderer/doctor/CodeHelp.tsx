import Link from '@mui/material/Link'
import { useState } from 'react'
import type { TextField } from '../../shared/forms/form.ts'
import { helpFor, type CodeAnswer } from '../../shared/model/connector-help.ts'
import { hashOf } from '../app/routes.ts'
import { TextAnswer } from '../fields/TextAnswer.tsx'
import { Facts } from '../ui/Facts.tsx'
import { Column, Mono, Panel, PanelHeading, SmallHeading } from '../ui/Panel.tsx'
import { doorOf } from './doctor-words.ts'

const field: TextField = {
  kind: 'text',
  name: 'connector-code',
  label: 'Code or error text',
  why: 'It is looked up here in the window and goes nowhere',
  rule: 'A number, or the whole text: “Provider error code: 2058” tells the connector’s numbers from SQL Server’s',
  maxLength: 4_000,
  multiline: true,
}

/** Cause, test and fix of a number of the connector, for whoever has an error text and nothing else. */
export const CodeHelp = () => {
  const [text, setText] = useState('')
  const { answers, note } = helpFor(text)
  return (
    <Panel aria-labelledby="code-heading">
      <PanelHeading id="code-heading">What does the code say?</PanelHeading>
      <TextAnswer field={field} value={text} onChange={(value) => setText(String(value))} error={null} />
      <Column role="status" sx={{ gap: '12px' }}>
        {note === null ? null : <p>{note}</p>}
        {answers.map((answer) => (
          <Answer key={`${answer.of} ${answer.number}`} answer={answer} />
        ))}
      </Column>
    </Panel>
  )
}

const Answer = ({ answer }: { answer: CodeAnswer }) => {
  const door = doorOf(answer.job)
  return (
    <div>
      <SmallHeading>
        {answer.of === 'connector' ? `Code ${answer.number} of the connector` : `SQL ${answer.number}`}:{' '}
        {answer.says}
      </SmallHeading>
      <Facts
        facts={[
          [answer.causes.length > 1 ? 'Likely causes' : 'Likely cause', answer.causes.join('; or: ')],
          ['Test', <Mono key="test">{answer.byHand}</Mono>],
          [
            'Fix',
            <span key="fix">
              {answer.fix}
              {door === null ? null : (
                <>
                  . <Link href={hashOf.newWizard(door.job)}>Set up: {door.title}</Link>
                </>
              )}
            </span>,
          ],
        ]}
      />
    </div>
  )
}
