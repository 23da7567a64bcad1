//! Values that all handlers and services of a process share.
//!
//! The map is lock-free: nobody waits for anybody, and a function that updates a value may use the state itself.

use std::{
    any::{Any, type_name},
    fmt,
    future::{Ready, ready},
    pin::Pin,
    sync::Arc,
};

use papaya::{Compute, HashMap, Operation};
use thiserror::Error;

/// Values by name, each of any type; an argument of a function: `state: &SharedState`. A clone is the same state.
///
/// The methods have done their work when they return: `async` functions await the result, and others take it with
/// [`into_inner`](Ready::into_inner). The state is the process's own: it ends with it, and other processes have
/// theirs.
#[derive(Clone, Default)]
pub struct SharedState(Arc<HashMap<String, Stored>>);

/// Something that has been done: `async` functions may await it, and nobody has to.
#[derive(Clone, Copy, Debug)]
pub struct Done;

impl IntoFuture for Done {
    type Output = ();
    type IntoFuture = Ready<()>;

    fn into_future(self) -> Ready<()> {
        ready(())
    }
}

/// A value of a type that it knows.
#[derive(Clone)]
struct Stored {
    value: Arc<dyn Any + Send + Sync>,
    type_name: &'static str,
}

/// A value that is not what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// It is of another type.
    #[error("`{name}` in the shared state is of type `{stored}`, and was taken for `{asked}`")]
    WrongType {
        /// The value's name.
        name: String,
        /// The type that it is of.
        stored: &'static str,
        /// The type that it was taken for.
        asked: &'static str,
    },
    /// There is no function of this name.
    #[error("the shared state holds no function `{0}`")]
    NoFunction(String),
}

/// The future of a stored function.
type Answering<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// A stored function, `async` or not.
enum Function<A, R> {
    Sync(Box<dyn Fn(A) -> R + Send + Sync>),
    Async(Box<dyn Fn(A) -> Answering<R> + Send + Sync>),
}

impl Stored {
    fn of<T: Any + Send + Sync>(value: T) -> Self {
        Self {
            value: Arc::new(value),
            type_name: type_name::<T>(),
        }
    }

    fn read<T: Any>(&self, name: &str) -> Result<&T, StateError> {
        self.value
            .downcast_ref()
            .ok_or_else(|| StateError::WrongType {
                name: name.to_owned(),
                stored: self.type_name,
                asked: type_name::<T>(),
            })
    }
}

impl SharedState {
    /// An empty state, for tests of functions that take one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of this name, if there is one.
    ///
    /// # Errors
    /// [`StateError::WrongType`].
    pub fn get<T: Any + Clone>(&self, name: &str) -> Ready<Result<Option<T>, StateError>> {
        let map = self.0.pin();
        let value = map.get(name).map(|stored| stored.read::<T>(name).cloned());
        ready(value.transpose())
    }

    /// Puts a value in the place of what is there, of whatever type that is.
    pub fn insert<T: Any + Send + Sync>(&self, name: &str, value: T) -> Done {
        self.0.pin().insert(name.to_owned(), Stored::of(value));
        Done
    }

    /// Takes a value away. One of another type stays.
    ///
    /// # Errors
    /// [`StateError::WrongType`].
    pub fn remove<T: Any + Clone>(&self, name: &str) -> Ready<Result<Option<T>, StateError>> {
        let map = self.0.pin();
        let removed = map.compute(name.to_owned(), |entry| match entry {
            None => Operation::Abort(None),
            Some((_, stored)) => match stored.read::<T>(name) {
                Ok(_) => Operation::Remove,
                Err(error) => Operation::Abort(Some(error)),
            },
        });
        ready(match removed {
            Compute::Removed(_, stored) => stored.read::<T>(name).cloned().map(Some),
            Compute::Aborted(Some(error)) => Err(error),
            _ => Ok(None),
        })
    }

    /// Makes a new value of the old one, or of the type's default where there is none, and returns it. No update
    /// is lost: where another one comes between, `next` is called again, with what that left.
    ///
    /// # Errors
    /// [`StateError::WrongType`]; the value stays as it is.
    pub fn update<T: Any + Clone + Default + Send + Sync>(
        &self,
        name: &str,
        next: impl Fn(T) -> T,
    ) -> Ready<Result<T, StateError>> {
        let map = self.0.pin();
        let updated = map.compute(name.to_owned(), |entry| match entry {
            None => Operation::Insert(Stored::of(next(T::default()))),
            Some((_, stored)) => match stored.read::<T>(name) {
                Ok(old) => Operation::Insert(Stored::of(next(old.clone()))),
                Err(error) => Operation::Abort(error),
            },
        });
        ready(match updated {
            Compute::Inserted(_, stored)
            | Compute::Updated {
                new: (_, stored), ..
            } => stored.read::<T>(name).cloned(),
            Compute::Aborted(error) => Err(error),
            Compute::Removed(..) => unreachable!("an update removes nothing"),
        })
    }

    /// The value of this name; where there is none, the one that `make` makes. All who ask at once get the same.
    ///
    /// # Errors
    /// [`StateError::WrongType`].
    pub fn get_or_insert_with<T: Any + Clone + Send + Sync>(
        &self,
        name: &str,
        make: impl FnOnce() -> T,
    ) -> Ready<Result<T, StateError>> {
        let map = self.0.pin();
        if let Some(stored) = map.get(name) {
            return ready(stored.read::<T>(name).cloned());
        }
        let stored = map.get_or_insert_with(name.to_owned(), || Stored::of(make()));
        ready(stored.read::<T>(name).cloned())
    }

    /// Puts a value in the place of what is there, or takes it away, if what is there is what it is taken for.
    pub(crate) fn exchange<T: Any + Clone + Send + Sync>(
        &self,
        name: &str,
        is_expected: impl Fn(Option<&T>) -> bool,
        next: Option<&T>,
    ) -> Result<bool, StateError> {
        let map = self.0.pin();
        let put = |next: &T| Operation::Insert(Stored::of(next.clone()));
        let exchanged = map.compute(name.to_owned(), |entry| {
            let old = match entry.map(|(_, stored)| stored.read::<T>(name)).transpose() {
                Ok(old) => old,
                Err(error) => return Operation::Abort(Err(error)),
            };
            match (is_expected(old), next) {
                (true, Some(next)) => put(next),
                (true, None) if old.is_some() => Operation::Remove,
                (is_as_it_shall_be, _) => Operation::Abort(Ok(is_as_it_shall_be)),
            }
        });
        match exchanged {
            Compute::Aborted(aborted) => aborted,
            Compute::Inserted(..) | Compute::Updated { .. } | Compute::Removed(..) => Ok(true),
        }
    }

    /// Stores a function, to be [called](Self::call) by its name.
    pub fn insert_function<A: 'static, R: 'static>(
        &self,
        name: &str,
        function: impl Fn(A) -> R + Send + Sync + 'static,
    ) -> Done {
        self.insert(name, Function::Sync(Box::new(function)))
    }

    /// Stores an `async` function, to be [called](Self::call) by its name.
    pub fn insert_async_function<A: 'static, R: 'static, F>(
        &self,
        name: &str,
        function: impl Fn(A) -> F + Send + Sync + 'static,
    ) -> Done
    where
        F: Future<Output = R> + Send + 'static,
    {
        let boxed = move |argument| Box::pin(function(argument)) as Answering<R>;
        self.insert(name, Function::Async(Box::new(boxed)))
    }

    /// Calls a stored function, `async` or not: `state.call::<String, usize>("length", text).await?`.
    ///
    /// # Errors
    /// [`StateError::NoFunction`], and [`StateError::WrongType`] where the function takes or returns something
    /// else.
    pub async fn call<A: 'static, R: 'static>(
        &self,
        name: &str,
        argument: A,
    ) -> Result<R, StateError> {
        // The function may take its time, or itself away: nothing of the map is held meanwhile.
        let stored = self.0.pin().get(name).cloned();
        let stored = stored.ok_or_else(|| StateError::NoFunction(name.to_owned()))?;
        let answering = match stored.read::<Function<A, R>>(name)? {
            Function::Sync(function) => return Ok(function(argument)),
            Function::Async(function) => function(argument),
        };
        Ok(answering.await)
    }

    /// The names of all values and functions, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.pin().keys().cloned().collect();
        names.sort();
        names
    }

    /// The values of one type with their names, in the order of these.
    pub fn values<T: Any + Clone>(&self) -> Vec<(String, T)> {
        let map = self.0.pin();
        let values = map.iter().filter_map(|(name, stored)| {
            let value = stored.value.downcast_ref::<T>()?;
            Some((name.clone(), value.clone()))
        });
        let mut values: Vec<_> = values.collect();
        values.sort_by(|(one, _), (other, _)| one.cmp(other));
        values
    }
}

impl fmt::Debug for SharedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedState").field(&self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_value_is_of_its_type_and_no_other() {
        let state = SharedState::new();
        state.insert("greeted", 7_i64);
        assert_eq!(state.get::<i64>("greeted").into_inner(), Ok(Some(7)));
        assert_eq!(state.get::<i64>("missing").into_inner(), Ok(None));
        let error = StateError::WrongType {
            name: "greeted".to_owned(),
            stored: "i64",
            asked: "u8",
        };
        let words = "`greeted` in the shared state is of type `i64`, and was taken for `u8`";
        assert_eq!(error.to_string(), words);
        let wrong = Err(error.clone());
        assert_eq!(state.get::<u8>("greeted").into_inner(), wrong);
        assert_eq!(state.remove::<u8>("greeted").into_inner(), wrong);
        let wrong = Err(error);
        assert_eq!(state.update("greeted", |n: u8| n).into_inner(), wrong);
        assert_eq!(
            state.get_or_insert_with("greeted", || 1_u8).into_inner(),
            wrong
        );
        assert_eq!(state.remove::<i64>("greeted").into_inner(), Ok(Some(7)));
        assert_eq!(state.names(), [] as [&str; 0]);
    }

    #[test]
    fn no_update_is_lost() {
        let state = SharedState::new();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        state
                            .update("n", |n: u32| n + 1)
                            .into_inner()
                            .expect("a u32");
                    }
                });
            }
        });
        assert_eq!(state.get("n").into_inner(), Ok(Some(4_000_u32)));
    }

    #[test]
    fn an_update_may_use_the_state_itself() {
        let state = SharedState::new();
        let updated = state.update("outer", |n: u32| {
            let inner = state.update("inner", |n: u32| n + 2).into_inner();
            n + inner.expect("a u32")
        });
        assert_eq!(updated.into_inner(), Ok(2));
    }

    #[test]
    fn a_value_is_exchanged_for_the_expected_one_only() {
        let state = SharedState::new();
        let exchange = |expected: Option<u8>, next: Option<u8>| {
            let is_expected = |old: Option<&u8>| old.copied() == expected;
            state.exchange("n", is_expected, next.as_ref())
        };
        assert_eq!(exchange(None, None), Ok(true));
        assert_eq!(exchange(None, Some(1)), Ok(true));
        assert_eq!(exchange(None, Some(2)), Ok(false));
        assert_eq!(exchange(Some(1), Some(3)), Ok(true));
        assert_eq!(exchange(Some(1), None), Ok(false));
        assert_eq!(state.get("n").into_inner(), Ok(Some(3_u8)));
        assert_eq!(exchange(Some(3), None), Ok(true));
        assert_eq!(state.names(), [] as [&str; 0]);
        state.insert("n", "text");
        assert!(exchange(None, Some(1)).is_err());
    }

    #[test]
    fn all_get_what_the_first_made() {
        let state = SharedState::new();
        let made = state
            .get_or_insert_with("pool", || Arc::new(1))
            .into_inner();
        let again = state
            .get_or_insert_with("pool", || Arc::new(2))
            .into_inner();
        assert_eq!((made, again), (Ok(Arc::new(1)), Ok(Arc::new(1))));
    }

    #[tokio::test]
    async fn functions_are_called_by_name() {
        let state = SharedState::new();
        state
            .insert_function("length", |text: String| text.len())
            .await;
        let later = |text: String| async move { text + "!" };
        state.insert_async_function("louder", later).await;
        assert_eq!(state.call("length", "four".to_owned()).await, Ok(4_usize));
        let louder = state
            .call::<String, String>("louder", "so".to_owned())
            .await;
        assert_eq!(louder, Ok("so!".to_owned()));
        let none = state.call::<String, String>("none", String::new()).await;
        assert_eq!(none, Err(StateError::NoFunction("none".to_owned())));
        let wrong = state.call::<u8, usize>("length", 1).await;
        assert!(
            matches!(wrong, Err(StateError::WrongType { .. })),
            "{wrong:?}"
        );
    }

    #[test]
    fn values_of_a_type_are_listed_in_order() {
        let state = SharedState::new();
        state.insert("b", 2);
        state.insert("a", 1);
        state.insert("c", "text");
        let expected = [("a".to_owned(), 1), ("b".to_owned(), 2)];
        assert_eq!(state.values::<i32>(), expected);
        assert_eq!(state.names(), ["a", "b", "c"]);
    }
}
