//! The shared state as the predecessor's handlers see it.

use std::{any::Any, fmt, sync::Arc};

use futures_util::future::BoxFuture;

use crate::SharedState as CommonState;

/// A value of the shared state.
#[derive(Clone, Default)]
pub enum StateType {
    /// There is none.
    #[default]
    None,
    /// A function.
    FunctionSync(Arc<dyn Fn(String) -> String + Sync + Send>),
    /// An `async` function.
    FunctionAsync(Arc<dyn Fn(String) -> BoxFuture<'static, String> + Sync + Send>),
    /// A text.
    String(String),
    /// A number.
    Int(i32),
    /// A number.
    Float(f32),
    /// A number.
    Long(i64),
    /// A number.
    Double(f64),
    /// Anything.
    AnyType(Arc<dyn Any + Sync + Send>),
}

/// The process's shared state: values that the predecessor's handlers stored.
#[derive(Clone, Debug)]
pub struct SharedState(CommonState);

impl SharedState {
    pub(super) fn over(state: CommonState) -> Self {
        Self(state)
    }

    /// The value of this name; [`StateType::None`] where there is none.
    pub async fn get(&self, key: &str) -> StateType {
        let value = self.0.get::<StateType>(key).await;
        value.ok().flatten().unwrap_or_default()
    }

    /// Puts a value in the place of what is there.
    pub async fn insert(&self, key: &str, data: StateType) {
        self.0.insert(key, data).await;
    }

    /// Takes a value away.
    pub async fn delete(&self, key: &str) {
        if let Err(error) = self.0.remove::<StateType>(key).await {
            tracing::warn!(%error, "not deleted");
        }
    }

    /// The value of this name, where it is a [`StateType::AnyType`] of this type.
    pub async fn get_any<T: 'static + Send + Sync>(&self, key: &str) -> Option<Arc<T>> {
        match self.get(key).await {
            StateType::AnyType(value) => value.downcast().ok(),
            _ => None,
        }
    }
}

impl fmt::Debug for StateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::FunctionSync(_) => f.write_str("FunctionSync(..)"),
            Self::FunctionAsync(_) => f.write_str("FunctionAsync(..)"),
            Self::String(text) => f.debug_tuple("String").field(text).finish(),
            Self::Int(number) => f.debug_tuple("Int").field(number).finish(),
            Self::Float(number) => f.debug_tuple("Float").field(number).finish(),
            Self::Long(number) => f.debug_tuple("Long").field(number).finish(),
            Self::Double(number) => f.debug_tuple("Double").field(number).finish(),
            Self::AnyType(_) => f.write_str("AnyType(..)"),
        }
    }
}
