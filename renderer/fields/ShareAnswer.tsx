import Button from '@mui/material/Button'
import { useRef, useState } from 'react'
import type { Answers, ShareField } from '../../shared/forms/form.ts'
import { shareRules as rules } from '../../shared/forms/secret-rules.ts'
import type { RequestOf } from '../../shared/ipc/contract.ts'
import { ask, problemFrom, useAction } from '../bridge/index.ts'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Muted } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { useOnScreen, type Commit } from './commits.ts'
import type { FieldProps } from './field-props.ts'
import { TypedSecret, useTypedSecret } from './TypedSecret.tsx'
import { usePlacePicker } from './use-place-picker.tsx'

interface Medium {
  place: string
  names: readonly string[]
}

type Share = RequestOf<'escrowDrill.takeShare'>['share']

/** What the share is given for, and how a person is told that it is not chosen yet. */
const givenFor = (
  answers: Answers,
  to: ShareField['givenFor'],
): { package: string; packageName: string } | { group: string } | { missing: string } => {
  if ('groupField' in to) {
    const [group] = handleIn(answers, to.groupField)
    return group === undefined ? { missing: 'no share group is chosen. Choose it first' } : { group }
  }
  const [place] = handleIn(answers, to.folderField)
  const [packageName = ''] = handleIn(answers, to.packageField)
  return place === undefined
    ? { missing: 'no package is picked. Pick it first' }
    : { package: place, packageName }
}

const handleIn = (answers: Answers, field: string): string[] => {
  const value = answers[field]
  return typeof value === 'string' && value !== '' ? [value] : []
}

/** One holder's share: typed here, or read by main from a file of the holder's medium. Main says whose it is. */
export const ShareAnswer = (props: FieldProps<ShareField>) => {
  const { field, value, onChange, error, answers = {} } = props
  const secret = useTypedSecret(rules)
  const { control, setRefused } = secret
  const picker = usePlacePicker()
  const [medium, setMedium] = useState<Medium | null>(null)
  const underWay = useRef<Promise<Commit> | null>(null)
  const kept = typeof value === 'string' && value !== ''

  const take = (share: Share): Promise<Commit> => {
    setRefused(null)
    const about = givenFor(answers, field.givenFor)
    if ('missing' in about) {
      const words = `${field.label}: ${about.missing}: a share is checked against it`
      setRefused(words)
      return Promise.resolve({ refused: words })
    }
    const others = field.others.flatMap((name) => handleIn(answers, name))
    const outcome = ask('escrowDrill.takeShare', { ...about, share, others }).then(
      ({ handle }): Commit => {
        secret.begunAnew()
        setMedium(null)
        onChange(handle)
        return 'kept'
      },
      (thrown: unknown): Commit => {
        const { title, next } = problemFrom(thrown)
        const words = `${field.label}: ${title}. ${next}`
        setRefused(words)
        return { refused: words }
      },
    )
    underWay.current = outcome
    return outcome.finally(() => {
      underWay.current = null
    })
  }

  const commit = async (): Promise<Commit> => {
    if (underWay.current) return underWay.current
    if (kept || control.isEmpty()) return 'empty'
    const unmet = secret.unmetRules()
    if (unmet > 0) return { refused: `${field.label}: a share has 33 words` }
    const bytes = new TextEncoder().encode(control.take())
    try {
      return await take({ kind: 'typed', words: bytes })
    } finally {
      bytes.fill(0)
    }
  }
  useOnScreen(field.name, { label: field.label, commit, hasText: () => !kept && !control.isEmpty() })

  const open = useAction(async () => {
    const chosen = await picker.pick(field.name)
    if (chosen === null) return
    const { names } = await ask('escrow.findShares', { place: chosen.id })
    setMedium({ place: chosen.id, names })
  })

  return (
    <TypedSecret
      {...{ field, value, onChange, error, secret }}
      goneWords="Give it again: shares are kept until a lock or a run"
      onLeft={() => void commit()}
    >
      <ButtonRow>
        <Button
          size="small"
          variant="outlined"
          aria-label={`Read ${field.label.toLowerCase()} from a file`}
          onClick={() => void open.run()}
        >
          Read from a file
        </Button>
        <Muted>Main reads it; nothing of it is shown here</Muted>
      </ButtonRow>
      {medium === null ? null : (
        <ButtonRow>
          {medium.names.map((name) => (
            <Button
              key={name}
              size="small"
              variant="text"
              onClick={() => void take({ kind: 'file', place: medium.place, name })}
            >
              <bdi>{withoutControls(name)}</bdi>
            </Button>
          ))}
        </ButtonRow>
      )}
      {open.problem === null ? null : <ProblemPanel problem={open.problem} />}
      {picker.dialog}
    </TypedSecret>
  )
}
