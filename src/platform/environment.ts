/** The environment of this process; modules take it as an argument, and composition roots take it from here. */

export type Environment = Readonly<NodeJS.ProcessEnv>

export const processEnvironment: Environment = process.env
