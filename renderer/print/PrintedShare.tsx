import { useMemo } from 'react'

/** A share as its holder keeps it on paper: the same text as in a file, words included. */
export const PrintedShare = ({ text }: { text: Uint8Array }) => {
  const sheet = useMemo(() => new TextDecoder().decode(text), [text])
  return <pre>{sheet}</pre>
}
