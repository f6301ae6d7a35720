//! Answers requests on one thread: writes the request into the module's memory, calls, reads the result.

use maas_schemas::abi::{
    MAX_TEAMS, REQUEST_ADDRESS, REQUEST_CAPACITY, RESULT_ADDRESS, RESULT_CAPACITY, Reason, export,
};
use maas_schemas::decision::{Decision, DecodeError, EncodeError, Request};
use wasmtime::{Memory, Store, StoreLimits, Trap, TypedFunc};

use crate::engine::Guard;
use crate::{EvaluateError, LoadError, Policy, limits};

/// Ticks (of a millisecond) after which a call ends. A decision takes a microsecond, but time goes on while the thread
/// waits for a core: a tighter deadline would refuse good requests on a busy machine.
const DEADLINE: u64 = 50;
/// Ticks after which a call of the self-test ends.
const PATIENT_DEADLINE: u64 = 5_000;

/// One instance of a policy. After a trap the next call gets a new one.
pub struct Evaluator {
    policy: Policy,
    instance: Option<Instance>,
    /// The bytes of the request, kept between calls.
    request: Vec<u8>,
    deadline: u64,
}

struct Instance {
    store: Store<StoreLimits>,
    memory: Memory,
    decide: TypedFunc<u32, u32>,
    visible: TypedFunc<u32, u32>,
    teams: TypedFunc<u32, u32>,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evaluator").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Which question is asked.
#[derive(Clone, Copy)]
enum Question {
    Decide,
    Visible,
    Teams,
}

impl Evaluator {
    pub(crate) fn new(policy: Policy) -> Result<Self, LoadError> {
        let instance = Instance::new(&policy).map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        Ok(Self { policy, instance: Some(instance), request: Vec::new(), deadline: DEADLINE })
    }

    /// Gives each call seconds instead: for examining a bundle, where nobody waits and a busy machine is no fault of it.
    pub(crate) fn patient(self) -> Self {
        Self { deadline: PATIENT_DEADLINE, ..self }
    }

    /// Returns the policy that it evaluates.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides one request.
    ///
    /// # Errors
    /// When the request does not fit the ABI, or the module does not answer as the ABI says.
    pub fn decide(&mut self, request: &Request) -> Result<Decision, EvaluateError> {
        request.encode_into(&mut self.request)?;
        let (reason, bytes) = self.ask(Question::Decide)?;
        let decision = Decision::decode(bytes)?;
        if u32::from(decision.reason.code()) != reason {
            return Err(DecodeError("reason").into());
        }
        Ok(decision)
    }

    /// Returns which models the caller may use at that time, by index; `model` and `endpoint` are ignored.
    ///
    /// # Errors
    /// As for [`decide`](Self::decide).
    pub fn visible(&mut self, request: &Request) -> Result<Vec<bool>, EvaluateError> {
        request.encode_into(&mut self.request)?;
        let n_models = self.policy.manifest().models.len();
        let (reason, bytes) = self.ask(Question::Visible)?;
        let bits = list(reason, bytes, n_models)?;
        let bit = |index: usize| bits.get(index / 8).map(|byte| byte >> (index % 8) & 1 == 1);
        (0..n_models).map(bit).collect::<Option<_>>().ok_or_else(|| DecodeError("truncated").into())
    }

    /// Returns the teams of an identity by index, ascending; single users with grants of their own follow the teams.
    ///
    /// # Errors
    /// As for [`decide`](Self::decide).
    pub fn teams(&mut self, request: &Request) -> Result<Vec<u32>, EvaluateError> {
        request.encode_into(&mut self.request)?;
        let n_teams = self.policy.manifest().teams.len();
        let (reason, bytes) = self.ask(Question::Teams)?;
        let n = count(bytes)?;
        let (teams, _) = list(reason, bytes, n)?.as_chunks();
        let teams: Vec<u32> = teams.iter().take(n).map(|team| u32::from_le_bytes(*team)).collect();
        if teams.len() != n || n > MAX_TEAMS || teams.iter().any(|team| *team as usize >= n_teams) {
            return Err(DecodeError("teams").into());
        }
        Ok(teams)
    }

    /// Decides a request that somebody else encoded: answers the returned reason and the bytes of the result.
    ///
    /// # Errors
    /// When the module does not answer; a request that does not follow the ABI is answered with `malformed`.
    pub fn decide_bytes(&mut self, request: &[u8]) -> Result<(u32, &[u8]), EvaluateError> {
        if request.len() > REQUEST_CAPACITY as usize {
            return Err(EncodeError::TooLarge.into());
        }
        self.request.clear();
        self.request.extend_from_slice(request);
        self.ask(Question::Decide)
    }

    /// Returns how many instructions the last call took, where the engine counts them.
    #[must_use]
    pub fn fuel_used(&self) -> Option<u64> {
        let Guard::Fuel(per_call) = self.policy.engine().guard else { return None };
        let left = self.instance.as_ref()?.store.get_fuel().ok()?;
        per_call.checked_sub(left)
    }

    fn ask(&mut self, question: Question) -> Result<(u32, &[u8]), EvaluateError> {
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => Instance::new(&self.policy).map_err(|error| EvaluateError::Trap(format!("{error:#}")))?,
        };
        // A trap leaves `None` behind: what the module had written then is of no use to anybody.
        let reason = instance.call(question, &self.request, self.policy.engine().guard, self.deadline)?;
        let instance = self.instance.insert(instance);
        Ok((reason, instance.result()?))
    }
}

impl Instance {
    fn new(policy: &Policy) -> wasmtime::Result<Self> {
        let guard = policy.engine().guard;
        let mut store = Store::new(&policy.engine().inner, limits::limits(policy.bundle().memory_bytes()));
        store.limiter(|limits| limits);
        arm(&mut store, guard, DEADLINE)?;
        let instance = policy.module().instantiate(&mut store)?;
        let memory = instance
            .get_memory(&mut store, export::MEMORY)
            .ok_or_else(|| wasmtime::Error::msg("the module exports no memory"))?;
        Ok(Self {
            memory,
            decide: instance.get_typed_func(&mut store, export::DECIDE)?,
            visible: instance.get_typed_func(&mut store, export::VISIBLE)?,
            teams: instance.get_typed_func(&mut store, export::TEAMS)?,
            store,
        })
    }

    fn call(&mut self, question: Question, request: &[u8], guard: Guard, deadline: u64) -> Result<u32, EvaluateError> {
        let length = u32::try_from(request.len()).unwrap_or(u32::MAX);
        let written = self.memory.write(&mut self.store, REQUEST_ADDRESS as usize, request);
        written.map_err(|error| EvaluateError::Trap(error.to_string()))?;
        arm(&mut self.store, guard, deadline).map_err(|error| EvaluateError::Trap(error.to_string()))?;
        let function = match question {
            Question::Decide => &self.decide,
            Question::Visible => &self.visible,
            Question::Teams => &self.teams,
        };
        function.call(&mut self.store, length).map_err(|error| match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt | Trap::OutOfFuel) => EvaluateError::Deadline,
            Some(trap) => EvaluateError::Trap(trap.to_string()),
            None => EvaluateError::Trap(format!("{error:#}")),
        })
    }

    /// Returns the result's bytes: the first word says how many.
    fn result(&self) -> Result<&[u8], DecodeError> {
        let start = RESULT_ADDRESS as usize;
        let area = self.memory.data(&self.store).get(start..start + RESULT_CAPACITY as usize);
        let area = area.ok_or(DecodeError("memory"))?;
        let (size, _) = area.split_first_chunk().ok_or(DecodeError("memory"))?;
        area.get(..u32::from_le_bytes(*size) as usize).ok_or(DecodeError("size"))
    }
}

/// Gives the next call its time.
fn arm(store: &mut Store<StoreLimits>, guard: Guard, deadline: u64) -> wasmtime::Result<()> {
    match guard {
        Guard::Deadline => {
            store.set_epoch_deadline(deadline);
            Ok(())
        }
        Guard::Fuel(per_call) => store.set_fuel(per_call),
    }
}

/// Returns the number of entries of a list.
fn count(bytes: &[u8]) -> Result<usize, DecodeError> {
    let n = bytes.get(4..).and_then(|rest| rest.first_chunk()).ok_or(DecodeError("truncated"))?;
    Ok(u32::from_le_bytes(*n) as usize)
}

/// Returns what stands behind the header of a list with so many entries.
fn list(reason: u32, bytes: &[u8], expected: usize) -> Result<&[u8], DecodeError> {
    if ![Reason::Allow, Reason::Malformed].map(|reason| u32::from(reason.code())).contains(&reason) {
        return Err(DecodeError("reason"));
    }
    if count(bytes)? != expected {
        return Err(DecodeError("count"));
    }
    bytes.get(8..).ok_or(DecodeError("truncated"))
}
