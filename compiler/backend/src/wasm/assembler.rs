//! A small assembler: expressions with operators, locals that know their type, and loops that always end.
//!
//! [`Word`] and [`Long`] are pieces of code that leave an `i32` or `i64` on the stack, so that the procedure in
//! `codegen.rs` reads like a program and cannot mix the two up. All comparisons and shifts are unsigned, but
//! [`Long::below_signed`]. The only loop is [`Body::count_down`].
//!
//! A piece of code runs where it is used, as often as it is used: what must be read before something changes, or what
//! is used twice, goes into a local first ([`Body::word`]).

use std::ops::{Add, BitAnd, BitOr, BitXor, Mul, Shl, Shr, Sub};

use wasm_encoder::{BlockType, Function, Instruction, MemArg, ValType};

type Code = Vec<Instruction<'static>>;

/// Code that leaves an `i32`.
#[derive(Clone, Debug)]
pub(super) struct Word(Code);

/// Code that leaves an `i64`.
#[derive(Clone, Debug)]
pub(super) struct Long(Code);

/// A local variable of type `i32`.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordLocal(u32);

/// A local variable of type `i64`.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongLocal(u32);

/// A function by its index in the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee(pub(super) u32);

/// The end of a block, to jump to.
#[derive(Clone, Copy, Debug)]
pub(super) struct End(u32);

/// Returns a constant.
pub(super) fn word(value: u32) -> Word {
    Word(vec![Instruction::I32Const(value.cast_signed())])
}

/// Returns a constant.
pub(super) fn long(value: u64) -> Long {
    Long(vec![Instruction::I64Const(value.cast_signed())])
}

impl From<u32> for Word {
    fn from(value: u32) -> Self {
        word(value)
    }
}

/// Integer literals are `i32` to Rust where nothing else decides.
impl From<i32> for Word {
    fn from(value: i32) -> Self {
        Self(vec![Instruction::I32Const(value)])
    }
}

impl From<WordLocal> for Word {
    fn from(local: WordLocal) -> Self {
        Self(vec![Instruction::LocalGet(local.0)])
    }
}

impl From<u64> for Long {
    fn from(value: u64) -> Self {
        long(value)
    }
}

impl From<i32> for Long {
    fn from(value: i32) -> Self {
        Self(vec![Instruction::I64Const(value.into())])
    }
}

impl From<LongLocal> for Long {
    fn from(local: LongLocal) -> Self {
        Self(vec![Instruction::LocalGet(local.0)])
    }
}

fn join(left: Code, right: Code, operation: Instruction<'static>) -> Code {
    let mut code = left;
    code.extend(right);
    code.push(operation);
    code
}

fn then(value: Code, operation: Instruction<'static>) -> Code {
    let mut code = value;
    code.push(operation);
    code
}

/// Declares an operator for code and for locals on its left side.
macro_rules! operators {
    ($($trait:ident $method:ident $word:ident $long:ident;)*) => { $(
        impl<T: Into<Word>> $trait<T> for Word {
            type Output = Word;
            fn $method(self, right: T) -> Word { Word(join(self.0, right.into().0, Instruction::$word)) }
        }
        impl<T: Into<Word>> $trait<T> for WordLocal {
            type Output = Word;
            fn $method(self, right: T) -> Word { Word::from(self).$method(right) }
        }
        impl<T: Into<Long>> $trait<T> for Long {
            type Output = Long;
            fn $method(self, right: T) -> Long { Long(join(self.0, right.into().0, Instruction::$long)) }
        }
        impl<T: Into<Long>> $trait<T> for LongLocal {
            type Output = Long;
            fn $method(self, right: T) -> Long { Long::from(self).$method(right) }
        }
    )* };
}

operators! {
    Add add I32Add I64Add;
    Sub sub I32Sub I64Sub;
    Mul mul I32Mul I64Mul;
    BitAnd bitand I32And I64And;
    BitOr bitor I32Or I64Or;
    BitXor bitxor I32Xor I64Xor;
    Shl shl I32Shl I64Shl;
    Shr shr I32ShrU I64ShrU;
}

/// Declares a comparison for code and for locals on its left side.
macro_rules! comparisons {
    ($($(#[$doc:meta])* $code:ident $local:ident $method:ident $instruction:ident;)*) => { $(
        impl $code {
            $(#[$doc])*
            pub(super) fn $method(self, right: impl Into<$code>) -> Word {
                Word(join(self.0, right.into().0, Instruction::$instruction))
            }
        }
        impl $local {
            $(#[$doc])*
            pub(super) fn $method(self, right: impl Into<$code>) -> Word {
                $code::from(self).$method(right)
            }
        }
    )* };
}

comparisons! {
    /// `==`
    Word WordLocal equals I32Eq;
    /// `!=`
    Word WordLocal differs I32Ne;
    /// `<`
    Word WordLocal below I32LtU;
    /// `>=`
    Word WordLocal at_least I32GeU;
    /// `>`
    Word WordLocal above I32GtU;
    /// `<` with sign: times before 1970.
    Long LongLocal below_signed I64LtS;
}

impl Long {
    /// `==`
    pub(super) fn equals(self, right: impl Into<Self>) -> Word {
        Word(join(self.0, right.into().0, Instruction::I64Eq))
    }

    /// `!=`
    pub(super) fn differs(self, right: impl Into<Self>) -> Word {
        Word(join(self.0, right.into().0, Instruction::I64Ne))
    }
}

fn at(offset: u32, align: u32) -> MemArg {
    MemArg { offset: offset.into(), align, memory_index: 0 }
}

impl Word {
    /// Says whether it is zero.
    pub(super) fn negated(self) -> Self {
        Self(then(self.0, Instruction::I32Eqz))
    }

    /// Widens without sign.
    pub(super) fn wide(self) -> Long {
        Long(then(self.0, Instruction::I64ExtendI32U))
    }

    /// Reads 8 bits at this address.
    pub(super) fn load8(self, offset: u32) -> Self {
        Self(then(self.0, Instruction::I32Load8U(at(offset, 0))))
    }

    /// Reads 16 bits at this address.
    pub(super) fn load16(self, offset: u32) -> Self {
        Self(then(self.0, Instruction::I32Load16U(at(offset, 0))))
    }

    /// Reads 32 bits at this address.
    pub(super) fn load32(self, offset: u32) -> Self {
        Self(then(self.0, Instruction::I32Load(at(offset, 0))))
    }

    /// Reads 64 bits at this address.
    pub(super) fn load64(self, offset: u32) -> Long {
        Long(then(self.0, Instruction::I64Load(at(offset, 0))))
    }

    /// Divides without sign; a constant divisor cannot trap.
    pub(super) fn divided_by(self, divisor: u32) -> Self {
        Self(join(self.0, word(divisor).0, Instruction::I32DivU))
    }

    /// This value if the condition holds, else the other. Both are computed.
    pub(super) fn if_or(self, condition: impl Into<Self>, other: impl Into<Self>) -> Self {
        let mut code = self.0;
        code.extend(other.into().0);
        Self(join(code, condition.into().0, Instruction::Select))
    }
}

impl WordLocal {
    /// Reads 8 bits at this address.
    pub(super) fn load8(self, offset: u32) -> Word {
        Word::from(self).load8(offset)
    }

    /// Reads 16 bits at this address.
    pub(super) fn load16(self, offset: u32) -> Word {
        Word::from(self).load16(offset)
    }

    /// Reads 32 bits at this address.
    pub(super) fn load32(self, offset: u32) -> Word {
        Word::from(self).load32(offset)
    }

    /// Reads 64 bits at this address.
    pub(super) fn load64(self, offset: u32) -> Long {
        Word::from(self).load64(offset)
    }

    /// Widens without sign.
    pub(super) fn wide(self) -> Long {
        Word::from(self).wide()
    }

    /// Says whether it is zero.
    pub(super) fn negated(self) -> Word {
        Word::from(self).negated()
    }
}

impl Long {
    /// Keeps the low half.
    pub(super) fn low(self) -> Word {
        Word(then(self.0, Instruction::I32WrapI64))
    }

    /// Keeps the high half.
    pub(super) fn high(self) -> Word {
        (self >> 32).low()
    }
}

impl LongLocal {
    /// Keeps the low half.
    pub(super) fn low(self) -> Word {
        Long::from(self).low()
    }

    /// Keeps the high half.
    pub(super) fn high(self) -> Word {
        Long::from(self).high()
    }
}

/// Returns what a function of type `i32… -> i32` answers.
pub(super) fn call(callee: Callee, arguments: impl IntoIterator<Item = Word>) -> Word {
    let mut code: Code = arguments.into_iter().flat_map(|argument| argument.0).collect();
    code.push(Instruction::Call(callee.0));
    Word(code)
}

/// A function under construction.
#[derive(Debug)]
pub(super) struct Body {
    n_parameters: u32,
    locals: Vec<ValType>,
    code: Code,
    /// How many blocks are open.
    depth: u32,
}

impl Body {
    /// Starts a function whose parameters are all `i32`.
    pub(super) fn new<const N: usize>() -> (Self, [WordLocal; N]) {
        let mut next = 0;
        let parameters = std::array::from_fn(|_| {
            next += 1;
            WordLocal(next - 1)
        });
        (Self { n_parameters: next, locals: Vec::new(), code: Vec::new(), depth: 0 }, parameters)
    }

    fn declare(&mut self, kind: ValType) -> u32 {
        let index = self.n_parameters + u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        self.locals.push(kind);
        index
    }

    /// Declares a local with its first value.
    pub(super) fn word(&mut self, value: impl Into<Word>) -> WordLocal {
        let local = WordLocal(self.declare(ValType::I32));
        self.set(local, value);
        local
    }

    /// Declares a local with its first value.
    pub(super) fn long(&mut self, value: impl Into<Long>) -> LongLocal {
        let local = LongLocal(self.declare(ValType::I64));
        self.set_long(local, value);
        local
    }

    /// Gives a local a new value.
    pub(super) fn set(&mut self, local: WordLocal, value: impl Into<Word>) {
        self.code.extend(value.into().0);
        self.code.push(Instruction::LocalSet(local.0));
    }

    /// Gives a local a new value.
    pub(super) fn set_long(&mut self, local: LongLocal, value: impl Into<Long>) {
        self.code.extend(value.into().0);
        self.code.push(Instruction::LocalSet(local.0));
    }

    fn store(&mut self, address: impl Into<Word>, value: Code, operation: Instruction<'static>) {
        self.code.extend(address.into().0);
        self.code.extend(value);
        self.code.push(operation);
    }

    /// Writes 8 bits.
    pub(super) fn store8(&mut self, address: impl Into<Word>, offset: u32, value: impl Into<Word>) {
        self.store(address, value.into().0, Instruction::I32Store8(at(offset, 0)));
    }

    /// Writes 16 bits.
    pub(super) fn store16(&mut self, address: impl Into<Word>, offset: u32, value: impl Into<Word>) {
        self.store(address, value.into().0, Instruction::I32Store16(at(offset, 0)));
    }

    /// Writes 32 bits.
    pub(super) fn store32(&mut self, address: impl Into<Word>, offset: u32, value: impl Into<Word>) {
        self.store(address, value.into().0, Instruction::I32Store(at(offset, 0)));
    }

    /// Writes 64 bits.
    pub(super) fn store64(&mut self, address: impl Into<Word>, offset: u32, value: impl Into<Long>) {
        self.store(address, value.into().0, Instruction::I64Store(at(offset, 0)));
    }

    /// Copies bytes; the places may overlap.
    pub(super) fn copy(&mut self, to: impl Into<Word>, from: impl Into<Word>, n: impl Into<Word>) {
        self.code.extend(to.into().0);
        self.code.extend(from.into().0);
        self.code.extend(n.into().0);
        self.code.push(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
    }

    /// Writes zero bytes.
    pub(super) fn clear(&mut self, address: impl Into<Word>, n: impl Into<Word>) {
        self.code.extend(address.into().0);
        self.code.push(Instruction::I32Const(0));
        self.code.extend(n.into().0);
        self.code.push(Instruction::MemoryFill(0));
    }

    fn enclose(&mut self, open: Instruction<'static>, inside: impl FnOnce(&mut Self)) {
        self.code.push(open);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.code.push(Instruction::End);
    }

    /// Runs the statements if the condition holds.
    pub(super) fn when(&mut self, condition: impl Into<Word>, yes: impl FnOnce(&mut Self)) {
        self.code.extend(condition.into().0);
        self.enclose(Instruction::If(BlockType::Empty), yes);
    }

    /// Runs one of two groups of statements.
    pub(super) fn either(
        &mut self,
        condition: impl Into<Word>,
        yes: impl FnOnce(&mut Self),
        no: impl FnOnce(&mut Self),
    ) {
        self.code.extend(condition.into().0);
        self.enclose(Instruction::If(BlockType::Empty), |body| {
            yes(body);
            body.code.push(Instruction::Else);
            no(body);
        });
    }

    /// Runs statements that may jump to their end.
    pub(super) fn block(&mut self, inside: impl FnOnce(&mut Self, End)) {
        self.enclose(Instruction::Block(BlockType::Empty), |body| {
            let end = End(body.depth);
            inside(body, end);
        });
    }

    /// Runs statements once for each unit of a local, which counts down; they may jump to the end of the loop.
    ///
    /// The counter is lowered before the statements, and nobody else can jump back: no content of memory makes this
    /// loop endless. The statements may lower the counter, never raise it.
    pub(super) fn count_down(&mut self, counter: WordLocal, inside: impl FnOnce(&mut Self, End)) {
        self.block(|body, end| {
            body.enclose(Instruction::Loop(BlockType::Empty), |body| {
                body.leave_if(counter.negated(), end);
                body.set(counter, counter - 1);
                inside(body, end);
                body.code.push(Instruction::Br(0));
            });
        });
    }

    /// Jumps to the end of a block.
    pub(super) fn leave(&mut self, end: End) {
        self.code.push(Instruction::Br(self.depth - end.0));
    }

    /// Jumps to the end of a block if the condition holds.
    pub(super) fn leave_if(&mut self, condition: impl Into<Word>, end: End) {
        self.code.extend(condition.into().0);
        self.code.push(Instruction::BrIf(self.depth - end.0));
    }

    /// Returns from the function.
    pub(super) fn give(&mut self, value: impl Into<Word>) {
        self.code.extend(value.into().0);
        self.code.push(Instruction::Return);
    }

    /// Ends a function that answers a value.
    pub(super) fn finish(mut self, value: impl Into<Word>) -> Function {
        self.code.extend(value.into().0);
        self.finish_without_value()
    }

    /// Ends a function that answers nothing.
    pub(super) fn finish_without_value(self) -> Function {
        let mut function = Function::new_with_locals_types(self.locals);
        for instruction in &self.code {
            function.instruction(instruction);
        }
        function.instruction(&Instruction::End);
        function
    }
}
