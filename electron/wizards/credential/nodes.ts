import type { OtherNode } from './facts-model.ts'

export type SilentNode = Exclude<OtherNode, { asked: 'answered' }>

export const silentNodes = (others: readonly OtherNode[]): SilentNode[] =>
  others.filter((one): one is SilentNode => one.asked !== 'answered')

export const silenceOf = (node: SilentNode): string =>
  node.asked === 'no-answer' ? `no answer: ${node.problem.title}` : 'not asked: no connection'
