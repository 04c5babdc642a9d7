/** The state of the authority in findings, as the HTTP sides give them. */

export interface DoctorView {
  examine(): Promise<readonly FindingView[]>
}

export interface FindingView {
  readonly state: 'good' | 'notice' | 'warning' | 'urgent'
  readonly subject: string
  /** When what it is about ends. */
  readonly notAfter?: string
  readonly message: string
  /** What to do; '' when there is nothing. */
  readonly remedy: string
}
