DROP TABLE slingshot_inbox;
