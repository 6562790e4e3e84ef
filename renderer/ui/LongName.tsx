import { withoutControls } from './format.ts'

/** A name from a target: isolated from the text around it, control characters shown instead of obeyed. */
export const LongName = ({ name }: { name: string }) => <bdi>{withoutControls(name)}</bdi>
