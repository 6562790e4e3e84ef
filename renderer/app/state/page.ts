import { create } from 'zustand'
import type { Environment } from '../../../shared/model/target.ts'

/** What the page on screen says about itself to the frame around it. */
interface PageStore {
  /** Most dangerous environment that this page touches; null: whatever the profile holds. */
  environment: Environment | null
}

export const usePage = create<PageStore>()(() => ({ environment: null }))

const danger: readonly Environment[] = ['production', 'test', 'rehearsal']

/** Of several environments the one where a mistake costs most. */
export const mostDangerous = (environments: readonly Environment[]): Environment | null =>
  danger.find((environment) => environments.includes(environment)) ?? null
