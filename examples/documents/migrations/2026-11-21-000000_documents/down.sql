DROP TABLE members, pictures, words, texts, documents;
