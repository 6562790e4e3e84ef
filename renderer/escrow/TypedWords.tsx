import { styled } from '@mui/material/styles'
import { useId } from 'react'
import type { Problem } from '../../shared/errors/problem.ts'
import { SecretInput, type SecretControl } from '../fields/SecretInput.tsx'
import { Muted } from '../ui/Panel.tsx'
import { ProblemError } from '../bridge/index.ts'

const Box = styled('div')({ display: 'flex', flexDirection: 'column', gap: 4, maxWidth: 720 })
const Label = styled('label')({ fontWeight: 600 })

/** The words of a share while they are typed: in the input and nowhere else. */
export const TypedWords = ({ control, onEnter }: { control: SecretControl; onEnter: () => void }) => {
  const id = useId()
  return (
    <Box>
      <Label htmlFor={id}>Words of the share</Label>
      <Muted id={`${id}-rule`}>
        All 33 words in their order with a space between them, without their numbers. Pasting is possible.
      </Muted>
      <SecretInput id={id} control={control} describedBy={`${id}-rule`} maxLength={1000} onEnter={onEnter} />
    </Box>
  )
}

/** A mistake that the person can mend in what they typed; anything else empties the input. */
const mendable: ReadonlySet<Problem['code']> = new Set([
  'share-word-unknown',
  'share-word-count',
  'share-checksum',
])

/** Hands the words over once, as bytes that are wiped afterwards. The input keeps them only to be mended. */
export const withWords = async <Result,>(
  control: SecretControl,
  act: (words: Uint8Array<ArrayBuffer>) => Promise<Result>,
): Promise<Result> => {
  const words = control.look((text) => new TextEncoder().encode(text))
  try {
    const result = await act(words)
    control.take()
    return result
  } catch (thrown) {
    if (!(thrown instanceof ProblemError && mendable.has(thrown.problem.code))) control.take()
    throw thrown
  } finally {
    words.fill(0)
  }
}
